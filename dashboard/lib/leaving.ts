/** An entry of the browser's history. */
export interface Place {
  readonly hash: string;
  /** The how many-th of this visit: one that is further back has a lower number. */
  readonly at: number;
}

/**
 * The place of an address. Where its entry has no number, it is a new one behind `before`.
 *
 * @param state What the browser kept with the entry.
 */
export function placeOf(hash: string, state: unknown, before: Place = { hash: "", at: -1 }): Place {
  const at = typeof state === "object" && state !== null && "at" in state ? state.at : undefined;
  return { hash, at: typeof at === "number" ? at : before.at + 1 };
}

/** Texts that no form holds, such as a policy in its editor; each says whether there is something to lose. */
const drafts = new Set<() => boolean>();

/** Adds a draft. @returns Takes it away again. */
export function addDraft(isChanged: () => boolean): () => void {
  drafts.add(isChanged);
  return () => drafts.delete(isChanged);
}

/** Whether something was written that is not saved. Filters and questions of a tester are nothing to lose. */
export function hasUnsaved(): boolean {
  const forms = [...document.querySelectorAll<HTMLFormElement>("form:not(.filters)")];
  return (
    forms.some((form) => isOpen(form) && isChanged(form)) || [...drafts].some((isChanged) => isChanged())
  );
}

/** Asks before something is lost. @returns Whether the page may be left. */
export const goesOn = (): boolean =>
  !hasUnsaved() || window.confirm("What you wrote here is not saved. Leave it behind?");

const isOpen = (form: HTMLFormElement): boolean => form.closest("dialog:not([open])") === null;

/** Whether a control holds something else than when the form was shown. */
export function isChanged(form: { readonly elements: Iterable<unknown> }): boolean {
  return [...form.elements].some((control) => differs(control as Control));
}

type Control =
  | { readonly type: "select-one" | "select-multiple"; readonly options: Iterable<Choice> }
  | { readonly type: "checkbox" | "radio"; readonly checked: boolean; readonly defaultChecked: boolean }
  | { readonly type: string; readonly value?: string; readonly defaultValue?: string };
interface Choice {
  readonly selected: boolean;
  readonly defaultSelected: boolean;
}

function differs(control: Control): boolean {
  if ("options" in control) {
    const options = [...control.options];
    // A choice of one without a default is of the first.
    const isFirst = control.type === "select-one" && !options.some(({ defaultSelected }) => defaultSelected);
    return options.some(
      ({ selected, defaultSelected }, n) => selected !== (isFirst ? n === 0 : defaultSelected),
    );
  }
  if ("checked" in control && (control.type === "checkbox" || control.type === "radio"))
    return control.checked !== control.defaultChecked;
  if (control.type === "hidden" || !("value" in control)) return false;
  return control.defaultValue !== undefined && control.value !== control.defaultValue;
}

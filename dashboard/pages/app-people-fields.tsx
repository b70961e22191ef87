import { type AppPage, PAGE_REASONS, pageFor } from "../../shared/registry/app-pages.ts";
import type { AppSettings } from "../../shared/registry/app-settings.ts";
import type { MaintenanceSettings } from "../../shared/registry/maintenance.ts";
import { Field } from "../components/field.tsx";
import { settingFields } from "../components/setting-fields.tsx";
import { issueOf } from "../components/states.tsx";
import { localInput, readLocalInput } from "../lib/local-input.ts";

type Settings = MaintenanceSettings & Pick<AppSettings, "pages" | "listedWhenClosed">;

const PAGE_NAMES = {
  denied: "When somebody is denied",
  signed_out: "After signing out",
  maintenance: "During maintenance",
  upstream_down: "When the app does not answer",
} as const;

/** What `PeopleFields` holds. */
export function readPeopleFields(form: FormData): Settings {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const pages = PAGE_REASONS.map(
    (reason): AppPage => ({
      reason,
      title: text(`page-${reason}-title`),
      text: text(`page-${reason}-text`).replaceAll("\r\n", "\n"),
      contact: text(`page-${reason}-contact`),
    }),
  );
  return {
    maintenance: form.has("maintenance"),
    maintenanceUntil: readLocalInput(text("maintenanceUntil")) ?? 0,
    maintenanceText: text("maintenanceText"),
    maintenanceAdminsPass: form.has("maintenanceAdminsPass"),
    maintenanceStreams: text("maintenanceStreams") as Settings["maintenanceStreams"],
    listedWhenClosed: text("listedWhenClosed") as Settings["listedWhenClosed"],
    pages: pages.filter((page) => page.title || page.text || page.contact),
  };
}

/** Whether an app is open, and what people read who are not let in. */
export function PeopleFields({ settings, error }: { readonly settings: Settings; readonly error: unknown }) {
  const field = settingFields(settings, error);
  return (
    <>
      <details open={settings.maintenance}>
        <summary>Maintenance</summary>
        <fieldset>
          <legend className="hidden">Maintenance</legend>
          {field.check("maintenance", "Closed for maintenance")}
          {field.text("maintenanceText", "What people read meanwhile", "Also those who have not signed in.")}
          <Field
            label="Over by itself at"
            hint="Empty: when you switch it off."
            error={issueOf(error, "/settings/maintenanceUntil")}
          >
            {(c) => (
              <input
                {...c}
                name="maintenanceUntil"
                type="datetime-local"
                defaultValue={localInput(settings.maintenanceUntil || null)}
              />
            )}
          </Field>
          {field.choice("maintenanceStreams", "Streams that are open", {
            left: "Go on until they end",
            cut: "Are cut",
          })}
          {field.check("maintenanceAdminsPass", "Owners and admins come in all the same")}
        </fieldset>
      </details>
      <details>
        <summary>What people read</summary>
        <fieldset>
          <legend className="hidden">What people read</legend>
          {field.choice("listedWhenClosed", "Named in the list of apps to those who may not open it", {
            network: "As the network says",
            always: "Yes, with why not",
            never: "No",
          })}
          {PAGE_REASONS.map((reason) => (
            <PageFields key={reason} reason={reason} page={pageFor(settings.pages, reason)} />
          ))}
          {issueOf(error, "/settings/pages") && <p className="wrong">{issueOf(error, "/settings/pages")}</p>}
        </fieldset>
      </details>
    </>
  );
}

function PageFields({
  reason,
  page,
}: {
  readonly reason: AppPage["reason"];
  readonly page: AppPage | undefined;
}) {
  const name = PAGE_NAMES[reason];
  return (
    <>
      <Field label={`${name}: heading`} hint="Empty: the usual one.">
        {(c) => <input {...c} name={`page-${reason}-title`} maxLength={100} defaultValue={page?.title} />}
      </Field>
      <Field label={`${name}: text`} hint="Paragraphs, lists with “- ”, **bold**, [words](https://…).">
        {(c) => (
          <textarea
            {...c}
            name={`page-${reason}-text`}
            rows={3}
            maxLength={2_000}
            defaultValue={page?.text}
          />
        )}
      </Field>
      {reason !== "signed_out" && (
        <Field label={`${name}: whom to ask`} hint="An e-mail address, a URL or words.">
          {(c) => (
            <input {...c} name={`page-${reason}-contact`} maxLength={200} defaultValue={page?.contact} />
          )}
        </Field>
      )}
    </>
  );
}

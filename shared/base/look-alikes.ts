/**
 * Names that people read in rules and policies, and that must not pass for other names. A name has the letters of one script, or of
 * those that Chinese, Japanese and Korean mix with Latin, as "highly restrictive" in Unicode's UTS 39 §5.2 has it.
 */

/** The scripts that Unicode recommends for names (UAX 31, table 5). */
const SCRIPTS = [
  ...["Arabic", "Armenian", "Bengali", "Bopomofo", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek"],
  ...["Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana", "Kannada", "Katakana", "Khmer", "Lao"],
  ...["Latin", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan"],
];
const MIXED = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
];
const SETS = [...SCRIPTS.map((script) => [script]), ...MIXED].map(
  (scripts) =>
    new RegExp(`^[${scripts.map((script) => `\\p{Script_Extensions=${script}}`).join("")}]*$`, "u"),
);

/** Digits of a script count as its letters: among Latin ones, some look like 1 or like a dot. */
const LETTER = /[\p{L}\p{M}]|(?!\d)\p{Nd}/gu;
const OF_NO_SCRIPT = /\p{Script=Inherited}/gu;
/** Letters of no script that look like quotes, dots and dashes. The sign of a long vowel stands behind kana alone. */
const LIKE_A_SIGN = /(?!ー)(?=\p{Script=Common})\p{Lm}|(?<![\p{Script=Hiragana}\p{Script=Katakana}ー])ー/u;
/** Latin letters without an ASCII letter in them that languages write with. Others, as those of phonetics, look like ASCII. */
const OWN_LATIN = /[ßẞæÆœŒøØđĐðÐþÞłŁħĦŋŊıəƏ]/u;
/** A mark that Unicode has no composed letter for. On `i`, a dot more is not seen. */
const PILED = /\p{Script=Latin}\p{M}/u;
/** Cyrillic, Greek and Armenian letters that look like Latin ones. A name of these alone could be read as a Latin one. */
const LIKE_LATIN = /^[асԁеһіјӏорԛѕԝхукѵАВСЕНІЈКМОРЅТХУԌԚԜαγικνορυωηΑΒΕΖΗΙΚΜΝΟΡΤΥΧοոսցհօՏՍՕԼ]+$/u;

/** Why a name could be taken for another one, in words that follow "it". Null if it could not. It must be in NFC. */
export function lookAlikeFault(name: string): string | null {
  const letters = name.match(LETTER)?.join("") ?? "";
  if ([...letters].some(isVariant)) return "has letters that are variants of others";
  const own = letters.replace(OF_NO_SCRIPT, "");
  if (!SETS.some((set) => set.test(own))) return "mixes letters of several scripts, which may look alike";
  if (PILED.test(name) || LIKE_A_SIGN.test(name) || [...own].some(isStrangeLatin))
    return "has a letter that looks like another one";
  return LIKE_LATIN.test(own) ? "consists of letters that look like Latin ones" : null;
}

/** Full-width letters, those of mathematics, ligatures. Some scripts write with letters that Unicode takes apart. */
const isVariant = (letter: string): boolean => {
  const plain = letter.normalize("NFKC");
  return (
    plain !== letter && !/[\p{Script=Armenian}\p{Script=Lao}\p{Script=Thai}\p{Script=Tibetan}]/u.test(plain)
  );
};

const isStrangeLatin = (letter: string): boolean =>
  /\p{Script=Latin}/u.test(letter) && !/^[a-z]/i.test(letter.normalize("NFD")) && !OWN_LATIN.test(letter);

// The portal's sentences in the language of the test, so that one test runs in both. The sentences themselves are read
// in review and by the Go tests; here they are what a person sees and clicks.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

type Sentence = string | Record<string, string>;
export type Texts = (key: string, values?: Record<string, string | number>) => string;

const locales = resolve(import.meta.dirname, "../../internal/i18n/locales");

/** Gives the sentences of a browser's language: "fr-CA" or, for anything else, English. */
export function textsOf(locale: string | undefined): Texts {
  const language = locale?.startsWith("fr") ? "fr-CA" : "en";
  const sentences: Record<string, Sentence> = JSON.parse(readFileSync(resolve(locales, `${language}.json`), "utf8"));
  const plural = new Intl.PluralRules(language);

  return (key, values = {}) => {
    const found = sentences[key];
    if (found === undefined) throw new Error(`${language}.json has no "${key}"`);
    const form = typeof found === "string" ? found : (found[plural.select(Number(values.Count ?? 1))] ?? found.other ?? "");
    return form.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, name: string) => {
      if (values[name] === undefined) throw new Error(`"${key}" needs a value for ${name}`);
      return String(values[name]);
    });
  };
}

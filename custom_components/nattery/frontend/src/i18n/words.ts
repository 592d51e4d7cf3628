/** Texts of Home Assistant's translations in the viewer's language, filled with values. */
import type { Connection } from "home-assistant-js-websocket";
import type english from "../../../translations/en.json";

/** Every text of the section "common" by its key; those of the screen begin with screen_. */
export type TextKey = keyof (typeof english)["common"];

export type TextValues = Readonly<Record<string, string | number>>;

/** The sections that the screen needs: its own texts first, names of entities, errors and repair issues when they are asked for. */
type Category = "common" | "entity" | "exceptions" | "issues";

const PREFIX = "component.nattery.";
const ON_DEMAND: ReadonlySet<string> = new Set<Category>(["entity", "exceptions", "issues"]);

export class Words {
  private readonly texts = new Map<string, string>();
  private readonly loading = new Map<Category, Promise<void>>();
  private readonly listeners = new Set<() => void>();
  isReady = false;

  constructor(
    private readonly connection: Connection | undefined,
    readonly language: string,
  ) {}

  /** Make words of texts that are there, by their path such as common.screen_until. */
  static of(texts: Readonly<Record<string, string>>, language = "en"): Words {
    const words = new Words(undefined, language);
    for (const [path, text] of Object.entries(texts)) words.texts.set(path, text);
    words.isReady = true;
    return words;
  }

  /** Call `listener` whenever more texts have come. Returns what ends it. */
  add(listener: () => void): () => void {
    this.listeners.add(listener);
    void this.load("common");
    return () => this.listeners.delete(listener);
  }

  /** Return a text of the screen. */
  text(key: TextKey, values: TextValues = {}): string {
    return fill(this.find(`common.${key}`) ?? key, values);
  }

  /** Return the text at a path, undefined where there is none (yet). */
  find(path: string): string | undefined {
    const text = this.texts.get(path);
    const category = path.slice(0, path.indexOf("."));
    if (text === undefined && ON_DEMAND.has(category)) void this.load(category as Category);
    return text;
  }

  load(category: Category): Promise<void> {
    let loading = this.loading.get(category);
    if (!loading) this.loading.set(category, (loading = this.fetch(category)));
    return loading;
  }

  private async fetch(category: Category): Promise<void> {
    if (!this.connection) return;
    try {
      const { resources } = await this.connection.sendMessagePromise<{ resources: Record<string, string> }>({
        type: "frontend/get_translations",
        language: this.language,
        category,
        integration: ["nattery"],
      });
      for (const [path, text] of Object.entries(resources)) this.texts.set(path.slice(PREFIX.length), text);
      if (category === "common") this.isReady = true;
    } catch {
      this.loading.delete(category);
      if (category === "common") setTimeout(() => void this.load(category), 5_000);
    }
    for (const listener of this.listeners) listener();
  }
}

/** Return a text with its {placeholders} filled in; those without a value stay. */
export function fill(text: string, values: TextValues): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}

const kept = new WeakMap<Connection, Map<string, Words>>();

export function wordsOf(connection: Connection, language: string): Words {
  let languages = kept.get(connection);
  if (!languages) kept.set(connection, (languages = new Map<string, Words>()));
  let words = languages.get(language);
  if (!words) languages.set(language, (words = new Words(connection, language)));
  return words;
}

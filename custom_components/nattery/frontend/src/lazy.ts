/** Elements that exist at once and load their code when they are shown or asked. */

export interface LazyElement {
  /** The name that Home Assistant knows, such as nattery-plan-card. */
  readonly tag: string;
  /** Loads the code, which defines `<tag>-view` and exports its class as `default`. */
  readonly load: () => Promise<{ readonly default: CustomElementConstructor }>;
  /** Setters of the element that Home Assistant uses. */
  readonly properties: readonly string[];
  /** Methods of the element that take a value: called again on the loaded element with their last argument. */
  readonly methods?: readonly string[];
  /** Methods of the element that return a value, with what they return until the code is there. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** Static asynchronous methods of the class. */
  readonly classMethods?: readonly string[];
}

type Callable = Record<string, ((...values: unknown[]) => unknown) | undefined>;

/** Define an element that stands in for another, which it loads and holds. */
export function defineLazily(lazy: LazyElement): void {
  if (customElements.get(lazy.tag)) return;

  class Shell extends HTMLElement {
    private inner?: HTMLElement & Record<string, unknown>;
    readonly values = new Map<string, unknown>();
    readonly calls = new Map<string, unknown[]>();

    connectedCallback(): void {
      this.style.display = "block";
      void this.fill();
    }

    give(name: string, value: unknown): void {
      this.values.set(name, value);
      if (this.inner) this.inner[name] = value;
    }

    call(name: string, values: unknown[]): void {
      this.calls.set(name, values);
      (this.inner as unknown as Callable | undefined)?.[name]?.(...values);
    }

    ask(name: string, otherwise: unknown): unknown {
      return (this.inner as unknown as Callable | undefined)?.[name]?.() ?? otherwise;
    }

    private async fill(): Promise<void> {
      if (this.inner) return;
      const { default: loaded } = await lazy.load();
      if (this.querySelector(":scope > *")) return; // attached twice while the code was on its way
      const inner = new loaded() as HTMLElement & Record<string, unknown>;
      for (const [name, values] of this.calls) (inner as unknown as Callable)[name]?.(...values);
      for (const [name, value] of this.values) inner[name] = value;
      this.inner = inner;
      this.append(inner);
    }
  }

  for (const name of lazy.properties) {
    Object.defineProperty(Shell.prototype, name, {
      get(this: Shell) {
        return this.values.get(name);
      },
      set(this: Shell, value: unknown) {
        this.give(name, value);
      },
    });
  }
  for (const name of lazy.methods ?? []) {
    Object.defineProperty(Shell.prototype, name, {
      value(this: Shell, ...values: unknown[]) {
        this.call(name, values);
      },
    });
  }
  for (const [name, otherwise] of Object.entries(lazy.answers ?? {})) {
    Object.defineProperty(Shell.prototype, name, {
      value(this: Shell) {
        return this.ask(name, otherwise);
      },
    });
  }
  for (const name of lazy.classMethods ?? []) {
    Object.defineProperty(Shell, name, {
      value: async (...values: unknown[]) => {
        const { default: loaded } = await lazy.load();
        return (loaded as unknown as Callable)[name]?.(...values);
      },
    });
  }
  customElements.define(lazy.tag, Shell);
}

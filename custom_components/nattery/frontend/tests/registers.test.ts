import { describe, expect, it } from "vitest";
import type { RegisterRow, Registers } from "../src/data/api";
import { arcPath, middleOf, pointAt } from "../src/panel/inverter/geometry";
import {
  confirmationOf,
  editorOf,
  enteredOf,
  found,
  isBehind,
  isUnread,
  joinRegisters,
  lengthOf,
  readAt,
  sectionReadAt,
  sectionsOf,
  windowsOf,
  writesOf,
  type DailyWindow,
} from "../src/panel/inverter/model";
import { nameOf, valueText } from "../src/panel/inverter/values";
import { englishHome } from "./english_home";
import { registersOf } from "./pages_house";

const NOW = Date.parse("2026-11-27T13:19:00Z");
const REGISTERS = registersOf(NOW);

function row(symbol: string): RegisterRow {
  const one = REGISTERS.table.find((candidate) => candidate.symbol === symbol);
  if (!one) throw new Error(symbol);
  return one;
}

describe("events of registers", () => {
  const old = REGISTERS.values["BattSoc"];
  const values = old ? { BattSoc: { ...old, value: 63 } } : {};

  it("are joined with what was known", () => {
    const joined = joinRegisters(REGISTERS, { values, read_at: { fast: null } });
    expect(joined.table).toBe(REGISTERS.table);
    expect(joined.values["BattSoc"]?.value).toBe(63);
    expect(joined.values["BattVolt"]?.value).toBe(52.3);
    expect(joined.read_at).toEqual({ fast: null });
  });

  it("replace everything when they bring the table again", () => {
    expect(joinRegisters(REGISTERS, { ...REGISTERS, values }).values).toEqual(values);
    expect(joinRegisters(undefined, REGISTERS)).toEqual(REGISTERS);
  });

  it("without a table before have no rows", () => {
    expect(joinRegisters(null, { values, read_at: {} })).toMatchObject({ table: [], windows: [], write_limit: 0 });
  });
});

describe("sections", () => {
  const sections = sectionsOf(REGISTERS);

  it("have every register once, without the windows and what nobody may do", () => {
    const symbols = sections.flatMap(({ rows }) => rows.map(({ symbol }) => symbol));
    expect(new Set(symbols).size).toBe(symbols.length);
    expect(symbols).not.toContain("ChargeStartTime1");
    expect(symbols).not.toContain("RecoveryCtrl");
    const commands = sections.find(({ key }) => key === "commands")?.rows.map(({ symbol }) => symbol);
    expect(commands).toEqual(["OnOffCtrl", "AlarmClearCtrl", "BattSocSet"]);
    expect(sections.at(-1)?.rows.map(({ symbol }) => symbol)).toEqual(["AlarmDetail", "FaultHistory"]);
  });

  it("are found by names, symbols and keys", () => {
    const home = englishHome();
    const names = (search: string): string[] =>
      found(sections, search, (one) => nameOf(home, one)).flatMap(({ rows }) => rows.map(({ symbol }) => symbol));
    expect(names("  CHARGE limit grid ")).toEqual(["ChgCurrByLineSet"]);
    expect(names("battvolt")).toEqual(["BattVolt"]);
    expect(names("no such thing")).toEqual([]);
  });

  it("tell when they were read, and which values are older", () => {
    const live = sections.find(({ key }) => key === "live");
    const phases = sections.find(({ key }) => key === "three_phase");
    if (!live || !phases) throw new Error("A section is missing.");
    const at = sectionReadAt(REGISTERS, live);
    expect(at).toBe(NOW - 4_000);
    expect(isBehind(readAt(REGISTERS, row("Temper1")), at)).toBe(true);
    expect(isBehind(readAt(REGISTERS, row("BattVolt")), at)).toBe(false);
    expect(isBehind(null, at)).toBe(false);
    expect(isUnread(REGISTERS, live)).toBe(false);
    expect(isUnread(REGISTERS, phases)).toBe(true);
    expect(sectionReadAt(REGISTERS, phases)).toBeNull();
  });

  it("know the age of a value by its tier too", () => {
    const value = REGISTERS.values["BattVolt"];
    const never: Registers = { ...REGISTERS, values: {}, read_at: {} };
    expect(readAt(never, row("BattVolt"))).toBeNull();
    expect(sectionReadAt(never, { ...(sections[2] ?? fail()), rows: [row("BattVolt")] })).toBeNull();
    if (!value) throw new Error("There is no value.");
    const unchanged = { ...REGISTERS, values: { BattVolt: { ...value, read_at: null } } };
    expect(readAt(unchanged, row("BattVolt"))).toBe(NOW - 4_000);
  });
});

function fail(): never {
  throw new Error("There is no such section.");
}

describe("what may be written", () => {
  it("depends on kind, risk and trading", () => {
    expect(editorOf(row("BattVolt"), false)).toBe("none");
    expect(editorOf(row("ManufactureName"), false)).toBe("none");
    expect(editorOf(row("MaxChgCurrSet"), true)).toBe("number");
    expect(editorOf(row("OutPriority"), true)).toBe("none");
    expect(editorOf(row("OutPriority"), false)).toBe("choice");
    expect(editorOf(row("OutVoltSet"), false)).toBe("choice");
    expect(editorOf(row("MuteEn"), false)).toBe("flag");
    expect(editorOf(row("PresentTime"), false)).toBe("clock");
    expect(editorOf(row("ChargeStartTime1"), false)).toBe("time");
    expect(editorOf({ ...row("MuteEn"), kind: "something new" }, false)).toBe("none");
  });

  it("is confirmed by its risk", () => {
    const value = REGISTERS.values["MaxChgCurrSet"];
    if (!value) throw new Error("There is no value.");
    expect(confirmationOf(row("MaxChgCurrSet"), value, 100)).toBe("plain");
    expect(confirmationOf(row("MaxChgCurrSet"), undefined, 100)).toBe("plain");
    expect(confirmationOf(row("MaxChgCurrSet"), { ...value, writes_today: 100 }, 100)).toBe("confirm");
    expect(confirmationOf(row("AlarmClearCtrl"), undefined, 100)).toBe("confirm");
    expect(confirmationOf(row("BatType"), value, 100)).toBe("type");
  });

  it("is a number within its bounds and steps", () => {
    const current = row("MaxChgCurrSet");
    expect(enteredOf(current, " 60,5 ")).toEqual({ value: 60.5 });
    expect(enteredOf(current, "")).toMatchObject({ problem: { text: "screen_enter_number" } });
    expect(enteredOf(current, "a lot")).toMatchObject({ problem: { text: "screen_enter_number" } });
    expect(enteredOf(current, "301")).toEqual({
      problem: { text: "screen_enter_between", values: { low: 0, high: 300 } },
    });
    expect(enteredOf(current, "-1")).toMatchObject({ problem: { text: "screen_enter_between" } });
    expect(enteredOf(current, "60.55")).toEqual({ problem: { text: "screen_enter_step", values: { step: 0.1 } } });
    expect(enteredOf({ ...current, low: null, high: null }, "9999")).toEqual({ value: 9999 });
    expect(enteredOf({ ...current, low: null }, "9999")).toMatchObject({ problem: { values: { low: 9999 } } });
    expect(enteredOf({ ...current, high: null }, "-5")).toMatchObject({ problem: { values: { high: -5 } } });
  });

  it("is a time of day for windows", () => {
    expect(enteredOf(row("ChargeStartTime1"), "23:59")).toEqual({ value: "23:59" });
    expect(enteredOf(row("ChargeStartTime1"), "24:00")).toMatchObject({ problem: { text: "screen_enter_time" } });
  });
});

describe("daily windows", () => {
  const windows = windowsOf(REGISTERS);
  const [first, second, third] = windows as [DailyWindow, DailyWindow, DailyWindow];

  it("have their times", () => {
    expect(windows).toHaveLength(6);
    expect(first).toMatchObject({ kind: "charge", number: 1, from: "02:30", until: "05:00", isUsed: true });
    expect(first.writesToday).toBe(2);
    expect(third.isUsed).toBe(false);
    expect(lengthOf("22:45", "01:00")).toBe(135);
  });

  it("are unknown without values, and left out without registers", () => {
    const [unknown] = windowsOf({ ...REGISTERS, values: {} });
    expect(unknown).toMatchObject({ from: null, until: null, isUsed: false, isPending: false, writesToday: 0 });
    expect(windowsOf({ ...REGISTERS, table: [] })).toEqual([]);
  });

  it("are written in the order that makes the shorter window in between", () => {
    expect(writesOf(first, "02:30", "05:00")).toEqual([]);
    expect(writesOf(first, "03:00", "05:00")).toEqual([{ symbol: "ChargeStartTime1", value: "03:00" }]);
    expect(writesOf(first, "02:30", "06:00")).toEqual([{ symbol: "ChargeEndTime1", value: "06:00" }]);
    const later = writesOf(first, "13:00", "15:00").map(({ symbol }) => symbol);
    expect(later).toEqual(["ChargeEndTime1", "ChargeStartTime1"]); // 12.5 h in between, not 16 h
    const unknown = { ...first, from: null, until: null };
    expect(writesOf(unknown, "01:00", "02:00").map(({ value }) => value)).toEqual(["01:00", "02:00"]);
    expect(writesOf(second, "00:00", "00:00")).toHaveLength(2);
  });

  it("are drawn as arcs, also over midnight", () => {
    expect(pointAt(0, 100, 120)).toEqual({ x: 120, y: 20 });
    expect(pointAt(360, 100, 120)).toEqual({ x: 220, y: 120 });
    expect(arcPath(0, 360, 100, 120)).toBe("M120 20A100 100 0 0 1 220 120");
    expect(arcPath(0, 1080, 100, 120)).toContain(" 1 1 ");
    expect(middleOf(1380, 60)).toBe(0);
  });
});

describe("values", () => {
  const home = englishHome();
  const text = (symbol: string): string => valueText(home, row(symbol), REGISTERS.values[symbol]?.value);

  it("are read as people read them", () => {
    expect(text("BattVolt")).toBe("52.3\u00a0V");
    expect(text("PvGeneratEnergyTotal")).toBe("18,432.7\u00a0kWh");
    expect(text("MachCode")).toBe("1285");
    expect(text("MuteEn")).toBe("on");
    expect(text("EcoEn")).toBe("off");
    expect(text("OutPriority")).toBe("Solar first");
    expect(text("OutVoltSet")).toBe("230\u00a0V");
    expect(text("PresentTime")).toBe("Fri 27 Nov 14:19");
    expect(text("ChargeStartTime1")).toBe("02:30");
    expect(text("SysStateFlag")).toBe("0000 1000");
    expect(text("FaultHistory")).toBe("12 (Fri 20 Nov 07:41)");
    expect(text("CpuBuildTime")).toBe("2026-03-14");
    expect(text("OnOffCtrl")).toBe("unknown");
    expect(valueText(home, row("BattVolt"), undefined)).toBe("unknown");
    expect(valueText(home, row("FaultHistory"), [])).toBe("none");
    expect(valueText(home, row("FaultHistory"), [{ code: 3, time: null, values: [] }])).toBe("3");
    expect(valueText(home, row("PVEnergyLast7day"), [5.1, 4])).toBe("5.1 · 4\u00a0kWh");
    expect(valueText(home, { ...row("PVEnergyLast7day"), unit: null }, [5.1, 4])).toBe("5.1 · 4");
  });

  it("have the name of their choice, else the number", () => {
    expect(valueText(home, row("OutPriority"), 9)).toBe("9");
    const secret = { ...row("OutPriority"), platform: null };
    expect(valueText(home, secret, 0)).toBe("solar_first");
  });

  it("have the name of their entity, else that of the house, else the symbol", () => {
    expect(nameOf(home, row("BattVolt"))).toBe("Battery voltage");
    expect(nameOf(home, row("OnOffCtrl"))).toBe("OnOffCtrl");
    expect(nameOf(home, { ...row("OnOffCtrl"), name: "Ein/Aus" })).toBe("Ein/Aus");
  });
});

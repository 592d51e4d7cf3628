/** Writes a register with the action nattery.write_register, which checks, compares, writes and reads back. */
import type { RegisterRow, WrittenRegister } from "../../data/api";
import type { Home } from "../../data/home";
import { valueText } from "./values";

export async function writeRegister(
  home: Home,
  entryId: string,
  symbol: string,
  value: number | string,
  isConfirmed = false,
): Promise<WrittenRegister> {
  const { response } = await home.command<{ response: WrittenRegister }>({
    type: "call_service",
    domain: "nattery",
    service: "write_register",
    service_data: { config_entry_id: entryId, symbol, value, confirm: isConfirmed },
    return_response: true,
  });
  return response;
}

/** Return what a write has done, in words. */
export function writtenText(home: Home, row: RegisterRow, written: WrittenRegister): string {
  if (row.access === "W") return home.text("screen_command_sent");
  const now = valueText(home, row, written.new);
  if (!written.changed) return home.text("screen_written_same", { value: now });
  return home.text("screen_written", { old: valueText(home, row, written.old), new: now });
}

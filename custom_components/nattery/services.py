"""The actions of the integration; those for registers and the clock are for administrators only."""

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio as vol

from .action_helpers import refuse
from .action_schema import action_schema, called_entry
from .const import DOMAIN
from .core.inverter.registers import BY_SYMBOL
from .core.inverter.render import similar, to_json
from .core.inverter.table import Register
from .core.modbus.frames import MAX_REGISTERS
from .device import InverterDevice
from .errors import CORE_ERRORS, action_error
from .prices.services import async_setup_price_services
from .runtime import NatteryConfigEntry
from .trading.backtest import async_setup_backtest_service
from .trading.ledger_services import async_setup_ledger_services
from .trading.reserve_services import async_setup_reserve_services
from .trading.services import async_setup_trading_services

READ_REGISTERS, WRITE_REGISTER, SYNC_CLOCK = "read_registers", "write_register", "sync_clock"
ATTR_SYMBOLS, ATTR_ADDRESS, ATTR_COUNT = "symbols", "address", "count"
ATTR_SYMBOL, ATTR_VALUE, ATTR_CONFIRM = "symbol", "value", "confirm"

_LAST_ADDRESS = 0xFFFF
_REGISTERS = {symbol.lower(): register for symbol, register in BY_SYMBOL.items()}


def _address(value: object) -> int:
    """Return a register address from a number, or from text such as 0x7530."""
    try:
        address: int = int(value, 0) if isinstance(value, str) else vol.Coerce(int)(value)
    except ValueError, vol.Invalid:
        raise refuse("bad_address", value=str(value)) from None
    if not 0 <= address <= _LAST_ADDRESS:
        raise refuse("bad_address", value=str(value))
    return address


_READ_SCHEMA = action_schema(
    {
        vol.Optional(ATTR_SYMBOLS): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1)),
        vol.Optional(ATTR_ADDRESS): _address,
        vol.Optional(ATTR_COUNT, default=1): vol.All(vol.Coerce(int), vol.Range(min=1, max=MAX_REGISTERS)),
    },
    one_of=(ATTR_SYMBOLS, ATTR_ADDRESS),
    needs_one=True,
)
_WRITE_SCHEMA = action_schema(
    {
        vol.Required(ATTR_SYMBOL): cv.string,
        vol.Required(ATTR_VALUE): vol.Any(str, int, float),
        vol.Optional(ATTR_CONFIRM, default=False): cv.boolean,
    }
)
_CLOCK_SCHEMA = action_schema({})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions."""
    async_register_admin_service(
        hass, DOMAIN, READ_REGISTERS, _async_read_registers, _READ_SCHEMA, SupportsResponse.ONLY
    )
    async_register_admin_service(
        hass, DOMAIN, WRITE_REGISTER, _async_write_register, _WRITE_SCHEMA, SupportsResponse.OPTIONAL
    )
    async_register_admin_service(hass, DOMAIN, SYNC_CLOCK, _async_sync_clock, _CLOCK_SCHEMA)
    async_setup_price_services(hass)
    async_setup_trading_services(hass)
    async_setup_reserve_services(hass)
    async_setup_ledger_services(hass)
    async_setup_backtest_service(hass)


def _device(call: ServiceCall) -> InverterDevice:
    entry: NatteryConfigEntry = called_entry(call)
    return entry.runtime_data.identified_device


def _register(symbol: str) -> Register:
    if register := _REGISTERS.get(symbol.lower()):
        return register
    close = ", ".join(similar(symbol))
    raise refuse("unknown_symbol_similar" if close else "unknown_symbol", symbol=symbol, similar=close)


async def _async_read_registers(call: ServiceCall) -> ServiceResponse:
    """Return `{symbol: value}` for symbols, `{"words": [...]}` for an address."""
    inverter = _device(call).inverter
    try:
        if ATTR_ADDRESS in call.data:
            return {"words": list(await inverter.read_raw(call.data[ATTR_ADDRESS], call.data[ATTR_COUNT]))}
        registers = [_register(symbol) for symbol in call.data[ATTR_SYMBOLS]]
        report = await inverter.read_registers([register.key for register in registers])
        for error in report.failed.values():
            raise error
    except CORE_ERRORS as error:
        raise action_error(error) from error
    return {register.symbol: to_json(register, report.values[register.key]) for register in registers}


async def _async_write_register(call: ServiceCall) -> ServiceResponse:
    """Write a register; return its value before and now, and whether anything was sent."""
    register = _register(call.data[ATTR_SYMBOL])
    values = {register.key: call.data[ATTR_VALUE]}
    (written,) = await _device(call).async_write(values, call.context, confirm=call.data[ATTR_CONFIRM])
    return {
        "symbol": register.symbol,
        "old": to_json(register, written.old),
        "new": to_json(register, written.new),
        "changed": written.changed,
    }


async def _async_sync_clock(call: ServiceCall) -> None:
    await _device(call).async_sync_clock(call.context)

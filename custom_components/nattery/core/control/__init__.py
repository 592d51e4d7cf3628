"""The room that knows both plan and inverter: it carries out the present run, and makes nothing worse when it dies."""

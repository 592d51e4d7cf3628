"""The websocket commands of the integration; `table` lists them, docs/api.md documents them."""

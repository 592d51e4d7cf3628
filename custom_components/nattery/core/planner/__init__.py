"""The planner: what the battery should do in every slot, what that is worth, and why."""

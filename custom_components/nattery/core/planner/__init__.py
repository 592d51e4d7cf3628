"""The planner: computes the optimal dispatch of a battery for every slot, with its value and its reason."""

"""The state of the data: what a source covers, what is missing in it, and what does not fit."""

from clustering.tables.state.look import TablesState, look_at_state

__all__ = ["TablesState", "look_at_state"]

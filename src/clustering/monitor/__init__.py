"""Watching a model in service: is it kept, learned again on the same groups, or cut again?"""

from clustering.monitor.run import Monitored, Monitoring, run_monitor

__all__ = ["Monitored", "Monitoring", "run_monitor"]

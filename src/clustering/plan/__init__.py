"""The plan that follows from a segmentation: playbooks, delivery audit, coverage, value.

Whatever labelling the plan is made on, its numbers rest on assumptions of the company (hours a
touch, cost of an hour, what a level of touch covers), and say so.
"""

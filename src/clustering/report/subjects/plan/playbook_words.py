"""Why each segment gets the playbook that it gets."""

from clustering.results import StudyFolder


def reasons(study: StudyFolder) -> list[str]:
    """One sentence a segment: its playbook, and the rule that chose it."""
    plan = study.document.plan
    titles = {book.name: book.title for book in plan.playbooks}
    return [
        f"'{row['label']}' gets '{titles.get(row['playbook'], row['playbook'])}': {row['rule']}."
        for row in study.table("coverage").to_dict("records")
    ]

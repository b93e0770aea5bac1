"""Sentences made from numbers by fixed rules; none says more than its number."""

from clustering.comparison.agreement import Agreement

__all__ = ["agreement_sentence"]

#: Least AMI for each description; words for a reader, not limits of a test.
_OVERLAP = (
    (0.9, "are nearly the same grouping"),
    (0.5, "overlap strongly"),
    (0.2, "overlap in part"),
    (-1.0, "agree little, though more than by chance"),
)


def agreement_sentence(agreement: Agreement) -> str:
    """One sentence on how far two labellings agree.

    Examples
    --------
    >>> from clustering.comparison import compare_partitions
    >>> labels = ["a", "b"] * 50
    >>> print(agreement_sentence(compare_partitions(labels, labels, seed=1)))
    The first labelling and the second labelling are nearly the same grouping (AMI 1.00, \
95 % interval 1.00 to 1.00; 100 accounts).
    """
    names = f"{agreement.first} and {agreement.second}"
    if agreement.interval is None:
        return f"Whether {names} agree cannot be told: one of them has a single group."
    low, high = agreement.interval.ami
    numbers = (
        f"(AMI {agreement.ami:.2f}, 95 % interval {low:.2f} to {high:.2f}; "
        f"{agreement.n_accounts} accounts)"
    )
    if agreement.permutation_p > 0.05:
        return f"No evidence that {names} agree more than by chance {numbers}."
    words = next(words for least, words in _OVERLAP if agreement.ami >= least)
    start = "The " + names[4:] if names.startswith("the ") else names
    return f"{start} {words} {numbers}."

"""Sentences made from numbers by fixed rules; none says more than its number."""

from clustering.comparison.agreement.entries import Agreement
from clustering.comparison.base.entries import Gain
from clustering.comparison.forward.entries import Design, ForwardEntry, ForwardReport
from clustering.wording import agreement_in_words, estimate_in_words, p_in_words


def agreement_sentence(agreement: Agreement) -> str:
    """One sentence on how far two labellings agree, in the words of a study's report.

    Examples
    --------
    >>> from clustering.comparison import compare_partitions
    >>> labels = ["a", "b"] * 50
    >>> print(agreement_sentence(compare_partitions(labels, labels, seed=1)))
    The first labelling and the second labelling are almost the same (AMI 1.00, 95 % interval \
0.81 to 1.00; 100 accounts).
    """
    names = f"{agreement.first} and {agreement.second}"
    if agreement.interval is None:
        return f"Whether {names} agree is not known: one of them has a single group."
    low, high = agreement.interval.ami
    numbers = (
        f"(AMI {agreement.ami:.2f}, 95 % interval {low:.2f} to {high:.2f}; {agreement.n} accounts)"
    )
    words = agreement_in_words(agreement.interval.ami, agreement.permutation_p)
    if not words:
        return f"No evidence that {names} agree more than by chance {numbers}."
    start = "The " + names[4:] if names.startswith("the ") else names
    return f"{start} {words} {numbers}."


def forward_sentence(report: ForwardReport) -> str:
    """One sentence on what the segments add to the tiers about an outcome.

    Examples
    --------
    >>> from clustering.comparison.forward.validity import forward_validity
    >>> churned = [True] * 150 + [False] * 50 + [True] * 50 + [False] * 150
    >>> report = forward_validity(["a", "b"] * 200, ["x"] * 200 + ["y"] * 200, churned)
    >>> print(forward_sentence(report))  # doctest: +ELLIPSIS
    Beside tier, segment improved the held-out prediction of outcome: log loss lower by 0....
    """
    if report.leaks:
        return " ".join(
            [*report.leaks, f"What {report.segment} adds to {report.tier} stays unknown."]
        )
    if report.gain is None:
        why = report.reasons.get("gain", "the models could not be judged")
        return f"What {report.segment} adds to {report.tier} is not known: {why}."
    return gain_claim(report.gain, report.segment, report.tier, report.outcome)


def gain_claim(gain: Gain, new: str, old: str, outcome: str, design: Design = "five folds") -> str:
    """What may be said of a gain in held-out log loss: nothing where the interval covers 0.

    Examples
    --------
    >>> gain = Gain(log_loss=0.001, auc=None, interval=(-0.002, 0.004))
    >>> print(gain_claim(gain, "segments", "ARR tiers", "churn"))
    No evidence that segments beat ARR tiers in predicting churn (gain in log loss 0.0010, 95 % \
interval −0.0020 to 0.0040).
    """
    value, low, high = estimate_in_words(gain.log_loss, gain.interval)
    held_out = "out-of-time" if design == "out of time" else "held-out"
    numbers = f"95 % interval {low} to {high}"
    if gain.interval[0] > 0:
        return (
            f"Beside {old}, {new} improved the {held_out} prediction of {outcome}: log loss lower "
            f"by {value}, {numbers}."
        )
    if gain.interval[1] < 0:
        return (
            f"No evidence that {new} beat {old} in predicting {outcome}: added to them, they made "
            f"the {held_out} prediction worse (gain in log loss {value}, {numbers})."
        )
    return (
        f"No evidence that {new} beat {old} in predicting {outcome} (gain in log loss "
        f"{value}, {numbers})."
    )


def corrected_claim(entry: ForwardEntry, new: str, old: str, n_comparisons: int) -> str:
    """What is left of a secondary gain above 0 that the number of comparisons takes back.

    Examples
    --------
    >>> gain = Gain(log_loss=0.004, auc=None, interval=(0.001, 0.008))
    >>> entry = ForwardEntry(labelling="csm_book", outcome="churn", window="", gain=gain,
    ...                      p_adjusted=0.21)
    >>> print(corrected_claim(entry, "books", "ARR tiers", 13))
    No evidence that books beat ARR tiers in predicting churn, once 13 secondary comparisons are \
corrected for (gain in log loss 0.0040, 95 % interval 0.0010 to 0.0080, corrected p = 0.210).
    """
    if entry.gain is None or entry.p_adjusted is None:
        return ""
    value, low, high = estimate_in_words(entry.gain.log_loss, entry.gain.interval)
    return (
        f"No evidence that {new} beat {old} in predicting {entry.outcome}, once {n_comparisons} "
        f"secondary comparisons are corrected for (gain in log loss {value}, "
        f"95 % interval {low} to {high}, corrected {p_in_words(entry.p_adjusted)})."
    )

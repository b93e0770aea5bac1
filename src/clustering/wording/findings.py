"""What was found, in words: no sentence claims more than its number or the verdict allows."""

#: Lower end of the AMI's interval from which two labellings are almost the same groups.
ALMOST_SAME = 0.8
#: Lower end from which they agree largely.
LARGE = 0.5
#: Upper end up to which they have little in common.
LITTLE = 0.2


def agreement_in_words(interval: tuple[float, float], p: float, alpha: float = 0.05) -> str:
    """How far two labellings agree, as far as the interval of their AMI reaches.

    Parameters
    ----------
    interval : 95 % interval of the adjusted mutual information
    p, alpha : of the permutation test of no agreement, and its level

    Returns
    -------
    The predicate of a sentence about both; "" where no agreement beyond chance was shown.

    Examples
    --------
    >>> agreement_in_words((0.85, 0.95), 0.001), agreement_in_words((0.3, 0.6), 0.001)
    ('are almost the same', 'agree in part')
    >>> agreement_in_words((0.01, 0.1), 0.001), agreement_in_words((-0.1, 0.1), 0.4)
    ('have little in common', '')
    """
    low, high = interval
    if p > alpha or low <= 0:
        return ""
    if low >= ALMOST_SAME:
        return "are almost the same"
    if low >= LARGE:
        return "agree largely, not fully"
    return "have little in common" if high <= LITTLE else "agree in part"


def structure_in_words(
    *, verdict: str, n_clusters: int, k: int, are_clusters: bool, come_back: bool
) -> str:
    """Do the accounts fall into groups, and what are the segments that are offered?

    Parameters
    ----------
    verdict : natural, reproducible or constructive
    n_clusters : natural clusters that the evidence shows
    k : segments that are offered
    are_clusters : whether these are natural ones
    come_back : whether these come back when the study is repeated on other accounts

    Examples
    --------
    >>> print(structure_in_words(verdict="natural", n_clusters=3, k=2, are_clusters=True,
    ...     come_back=True))
    The accounts fall into natural clusters: 3 at the finest, 2 at the finest that meets the \
limits that the business sets. The 2 are shown: they are separated from each other and come back \
when the study is repeated on resampled accounts.
    """
    if are_clusters:
        return _clusters(n_clusters, k)
    found = "No natural clusters were found"
    if verdict == "natural":
        found = (
            f"The accounts fall into {n_clusters} natural clusters, which do not meet the limits "
            "that the business sets"
        )
    if k == 1:
        return (
            f"{found}, and no cut of the accounts into segments is left to offer: all accounts "
            "stay in one."
        )
    return f"{found}. {_bands(k, come_back)}"


def _clusters(n_clusters: int, k: int) -> str:
    hold = (
        "they are separated from each other and come back when the study is repeated on resampled "
        "accounts."
    )
    if k == n_clusters:
        return f"The accounts fall into {k} natural clusters: {hold}"
    return (
        f"The accounts fall into natural clusters: {n_clusters} at the finest, {k} at the finest "
        f"that meets the limits that the business sets. The {k} are shown: {hold}"
    )


def _bands(k: int, come_back: bool) -> str:
    if come_back:
        return (
            f"The study offers {k} bands: cuts that come back when it is repeated on resampled "
            "accounts, without proof of a gap between neighbours."
        )
    return (
        f"The {k} bands that the study offers do not come back reliably when it is repeated on "
        "other accounts: they may serve as a rule, not as a finding."
    )


#: Outcomes whose name is no verb that readers know: to contract is also to sign.
_HAPPENED = {"dormant": "became dormant", "contracted": "shrank"}


def happened_in_words(outcome: str) -> str:
    """What the accounts did of which an outcome is true.

    Examples
    --------
    >>> happened_in_words("churned"), happened_in_words("dormant"), happened_in_words("contracted")
    ('churned', 'became dormant', 'shrank')
    """
    return _HAPPENED.get(outcome, outcome)

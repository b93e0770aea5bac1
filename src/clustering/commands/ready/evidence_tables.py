"""The tables that `clustering evidence` prints."""

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from clustering.structure.findings import Findings


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), min_width=78)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _text(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def null_table(found: "Findings") -> Table:
    """The tests against data without clusters, and the descriptions of structure."""
    structure = found.structure
    assert structure.dip is not None  # the command measures all of it
    title = (
        f"Structure: Hopkins {structure.hopkins:.2f} (one Gaussian: "
        f"{structure.hopkins_null:.2f}), dip of PC1 p = {structure.dip.pc1.p:.3f}"
    )
    table = _table(title, "null", "observed", "mean", "sd", "p", "draws")
    for test in structure.nulls:
        table.add_row(
            test.name,
            _text(test.observed, 3),
            _text(test.mean, 3),
            _text(test.sd, 3),
            _text(test.p, 3),
            str(test.replicates),
        )
    return table


def kmeans_table(found: "Findings") -> Table:
    """Every criterion of k-means by k; `*` marks the admissible k."""
    table = _table(
        "k-means: * admissible, least: smallest cluster, sil: silhouette, null: its mean without "
        "clusters, PS: prediction strength, J: least Jaccard, dips: share of pairs with a valley",
        "k",
        "least",
        "sil",
        "null",
        "CH",
        "DB",
        "gap pca",
        "box",
        "PS",
        "instab",
        "seeds",
        "J",
        "dips",
        "saddle p",
    )
    for row in found.kmeans:
        band = row.silhouette_null
        table.add_row(
            f"{row.k}{'*' if row.k in found.admissible else ' '}",
            str(min(row.sizes)),
            _text(row.silhouette, 3),
            "" if band is None else _text(band.mean, 3),
            _text(row.calinski_harabasz, 0),
            _text(row.davies_bouldin),
            _text(row.gap.pca.gap),
            "" if row.gap.box is None else _text(row.gap.box.gap),
            _text(row.prediction_strength),
            _text(row.instability, 3),
            _text(row.seed_ari),
            _text(row.least_jaccard),
            _text(row.valley_share),
            "" if row.saddle is None else _text(row.saddle.p, 3),
        )
    return table


def mixture_table(found: "Findings") -> Table:
    """The best mixture of every covariance type by ICL, and how many were ruled out."""
    table = _table(
        "Mixtures, the best of each type by ICL (lower is better)",
        "type",
        "k",
        "log-lik",
        "BIC",
        "ICL",
        "ruled out",
    )
    for kind in dict.fromkeys(row.covariance_type for row in found.mixtures):
        rows = [row for row in found.mixtures if row.covariance_type == kind]
        fine = [row for row in rows if row.ruled_out is None and row.icl_hard is not None]
        out = f"{len(rows) - len(fine)} of {len(rows)}"
        if not fine:
            table.add_row(kind, "", "", "", "", out)
            continue
        best = min(fine, key=lambda row: row.icl_hard or 0.0)
        table.add_row(
            kind,
            str(best.k),
            _text(best.log_likelihood, 1),
            _text(best.bic, 1),
            _text(best.icl_hard, 1),
            out,
        )
    return table

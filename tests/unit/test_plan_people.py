"""Champions, the discovery list and its spreadsheet: who is on them, why, and what stays out."""

from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from clustering.config import SchemesConfig
from clustering.errors import OutputError
from clustering.features.types import Feature, Snapshot
from clustering.matrix import FeatureMatrix
from clustering.models.kinds import CentreModel
from clustering.models.types import CandidateSpec, Clustering
from clustering.plan.accounts.champions import N_CHAMPIONS, Champions, find_champions
from clustering.plan.accounts.discovery import N_EACH, discovery_list, discovery_sheet
from clustering.plan.accounts.misjudged import misjudged_accounts
from clustering.profiles import profile
from clustering.results.spreadsheet import write_spreadsheet
from clustering.schemes import Axes, Labelling, compute_axes

NAN = float("nan")


def described(name: str, higher_is_better: bool | None, scale: str = "count") -> Feature:
    return Feature(
        name, "usage", "things", "", "", (), scale, higher_is_better, ("low", "high"),  # type: ignore[arg-type]
    )  # fmt: skip


FEATURES = (
    described("used", True),
    described("late", False),
    described("share", True, "share"),
    described("neutral", None),
)


def snapshot_of(values: list[list[float]], **attributes: list[object]) -> Snapshot:
    index = pd.Index([f"a{row}" for row in range(len(values))], name="account_id")
    frame = pd.DataFrame(values, index=index, columns=[f.name for f in FEATURES], dtype=float)
    return Snapshot(date(2025, 6, 30), frame, FEATURES, pd.DataFrame(attributes, index=index))


def matrix_of(snapshot: Snapshot, names: tuple[str, ...] = ("used", "late", "share", "neutral")):  # type: ignore[no-untyped-def]
    values = snapshot.frame[list(names)]
    z = ((values - values.mean()) / values.std(ddof=0).replace(0, 1)).fillna(0.0)
    return FeatureMatrix(z.to_numpy(), tuple(snapshot.frame.index), names, (), {})


def growing(snapshot: Snapshot, levels: list[str]) -> Labelling:
    labels = pd.Series(levels, index=snapshot.frame.index, dtype="str")
    return Labelling("growth_risk", "", labels, tuple(sorted(set(levels))), "rule", "")


# used, late, share, neutral: two champions (a0, a1), three others
VALUES = [[10, 0, 0.9, 1], [0, 10, 0.9, 1], [9, 5, 0.5, 9], [1, 10, 0.9, 1], [10, 0, NAN, 1]]


class TestChampions:
    def found(self, **attributes: list[object]) -> Champions:
        snapshot = snapshot_of(VALUES, **attributes)
        labelling = growing(snapshot, ["grow", "grow", "grow", "sustain", "invest"])
        axes = compute_axes(snapshot, SchemesConfig().axes)
        return find_champions(snapshot, matrix_of(snapshot), axes, labelling, SchemesConfig())

    def test_growth_accounts_with_their_nearest_champion_and_its_gaps(self) -> None:
        found = self.found(is_champion=[True, True, False, False, None])
        # a3 is sustained, a0 and a1 are champions: a2 and a4 are left
        assert (found.n_champions, found.n_growth) == (2, 2)
        nearest = found.table[found.table["rank"] == 1].set_index("account_id")
        assert nearest.loc["a2", "champion_id"].unique().tolist() == ["a0"]
        # late 5 against 0: sd of (0, 10, 5, 10, 0) is 4.472, so 1.118 of it; share 0.5 against
        # 0.9: sd of (0.9, 0.9, 0.5, 0.9) is 0.173, so 2.309 of it (over all five rows of the
        # matrix, of which the unknown one stands at the mean, sd is 0.894 of that: 2.582)
        gaps = nearest.loc["a2"]
        assert gaps["feature"].tolist() == ["share", "late"]
        assert gaps["difference"].tolist() == pytest.approx([2.3094 / 0.8944, 5 / 4.4721], rel=1e-3)
        assert gaps["words"].tolist() == [
            "share: 50 % against 90 % of the champion",
            "late: 5 against 0 of the champion (things)",
        ]

    def test_what_is_not_known_is_no_gap(self) -> None:
        found = self.found(is_champion=[True, True, False, False, None])
        row = found.table[(found.table["account_id"] == "a4") & (found.table["rank"] == 1)]
        assert row["champion_id"].tolist() == ["a0"]
        assert row["gap"].tolist() == [0]
        assert row["feature"].isna().all()
        assert row["words"].iloc[0].startswith("no gap of half a standard deviation")

    def test_a_feature_without_a_better_end_is_never_a_gap(self) -> None:
        found = self.found(is_champion=[True, True, False, False, None])
        assert "neutral" not in set(found.table["feature"].dropna())

    def test_every_account_has_its_champions_by_distance(self) -> None:
        found = self.found(is_champion=[True, True, False, False, None])
        pairs = found.table.drop_duplicates(["account_id", "rank"])
        assert pairs.groupby("account_id")["rank"].max().tolist() == [2, 2]  # there are two
        assert N_CHAMPIONS >= 2
        for _, part in pairs.groupby("account_id"):
            assert part["distance"].is_monotonic_increasing

    def test_without_the_column_the_reason_names_it(self) -> None:
        found = self.found(arr=[1.0] * 5)
        assert found.table.empty
        assert found.reason == (
            "No champions: the column accounts.is_champion would say who they are; that accounts "
            "are fully adopted is not known either ('milestones_due_achieved_share' is missing; "
            "'outcome_attainment' is missing)."
        )

    def test_a_column_that_nobody_has_set_says_so(self) -> None:
        found = self.found(is_champion=[False, False, False, None, None])
        assert "accounts.is_champion (no account has it set) would say" in found.reason

    def test_fully_adopted_accounts_stand_in(self) -> None:
        index = pd.Index(list("abc"), name="account_id")
        frame = pd.DataFrame(
            {
                "milestones_due_achieved_share": [0.9, 0.7, 0.9],
                "outcome_attainment": [1.1, 1.2, 0.9],
            },
            index=index,
        )
        features = tuple(described(str(name), True, "share") for name in frame)
        snapshot = Snapshot(date(2025, 6, 30), frame, features, pd.DataFrame(index=index))
        risk = pd.DataFrame({"churn_risk": [0.1, 0.1, 0.1]}, index=index)
        matrix = FeatureMatrix(frame.to_numpy(), tuple(index), tuple(frame.columns), (), {})
        labels = growing(snapshot, ["grow", "grow", "grow"])
        found = find_champions(snapshot, matrix, Axes(risk, risk), labels, SchemesConfig())
        # b has not reached 80 % of its due milestones, c is below its targets
        assert set(found.table["champion_id"]) == {"a"}
        assert "80 % or more of the due milestones reached, outcomes on target" in found.rule

    @pytest.mark.parametrize(
        ("champions", "growth", "words"),
        [
            ([True] * 5, True, "every one of them is a champion already"),
            ([True] + [False] * 4, False, "the scheme 'growth_risk' cannot be applied"),
        ],
    )
    def test_no_growth_accounts(self, champions: list[bool], growth: bool, words: str) -> None:
        snapshot = snapshot_of(VALUES, is_champion=champions)
        labels = growing(snapshot, ["grow"] * 5) if growth else None
        axes = compute_axes(snapshot, SchemesConfig().axes)
        found = find_champions(snapshot, matrix_of(snapshot), axes, labels, SchemesConfig())
        assert found.table.empty
        assert words in found.reason


def discovered(k: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 60
    group = np.repeat([0, 1], n // 2) if k == 2 else np.zeros(n, dtype=int)
    values = rng.normal(0, 1, (n, 4)) + 6 * group[:, None]
    values[5] = [12, -9, 0.2, 0]  # of the first group, and unlike it
    snapshot = snapshot_of(values.tolist(), arr=[float(100 * row) for row in range(n)])
    matrix = matrix_of(snapshot)
    centres = np.stack([matrix.values[group == g].mean(0) for g in range(k)])
    chosen = Clustering(CandidateSpec("kmeans", k), CentreModel(centres, 1.0), group, 1, True)
    margin = np.full(n, 0.9)
    margin[[7, 44]] = 0.1, 0.2
    scores = pd.DataFrame(
        {"probability": (1 + margin) / 2, "runner_up": np.where(group == 0, "B", "A"),
         "margin": margin if k == 2 else 1.0},
        index=snapshot.frame.index,
    )  # fmt: skip
    axes = compute_axes(snapshot, SchemesConfig().axes)
    profiles = profile(snapshot, matrix, chosen)
    return discovery_list(snapshot, matrix, chosen, profiles, scores, axes)


class TestDiscovery:
    def test_medoids_boundary_cases_and_misfits_of_every_segment(self) -> None:
        found = discovered()
        counts = found.groupby(["segment", "kind"]).size().to_dict()
        assert counts[0, "medoid"] == counts[1, "medoid"] == N_EACH
        assert counts[0, "boundary"] == counts[1, "boundary"] == 1
        assert set(found["kind"]) == {"medoid", "boundary", "misfit"}
        assert not found["account_id"].duplicated().any()

    def test_the_boundary_case_is_the_one_with_the_least_margin(self) -> None:
        found = discovered().query("kind == 'boundary'")
        assert found["account_id"].tolist() == ["a7", "a44"]
        assert "(55 %) and 'B' (45 %): if the two need" in found["hypothesis"].iloc[0]

    def test_the_misfit_says_in_what_it_is_unlike(self) -> None:
        found = discovered().query("kind == 'misfit' and segment == 0")
        assert found["account_id"].iloc[0] == "a5"
        assert "used 12 against a median of" in found["hypothesis"].iloc[0]
        assert "late −9 against a median of" in found["hypothesis"].iloc[0]

    def test_the_medoid_has_the_least_sum_of_squared_distances(self) -> None:
        found = discovered().query("kind == 'medoid' and segment == 1")
        assert found["distance"].is_monotonic_increasing
        assert found["distance"].iloc[0] == found["distance"].min()

    def test_one_segment_has_no_boundary(self) -> None:
        found = discovered(k=1)
        assert "boundary" not in set(found["kind"])
        assert found["runner_up"].isna().all()

    def test_no_name_is_in_the_list(self) -> None:
        assert not {"name", "csm"} & set(discovered().columns)


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=cmd()", " =1+1",
             "\uff1d1+1", "ok\n=1+1", 'quote " and, comma']  # fmt: skip


class TestSpreadsheet:
    def sheet(self) -> pd.DataFrame:
        table = pd.DataFrame(
            {
                "segment_name": "late", "kind": "medoid", "account_id": DANGEROUS,
                "arr": [-5.0] * len(DANGEROUS), "hypothesis": "=h", "question": "q",
            }
        )  # fmt: skip
        names = pd.DataFrame({"name": DANGEROUS, "csm": None}, index=DANGEROUS)
        return discovery_sheet(table, names)

    def test_no_cell_begins_like_a_formula(self) -> None:
        sheet = self.sheet()
        for column in sheet.select_dtypes(exclude="number"):
            for cell in sheet[column].dropna():
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
                assert "\n" not in cell
                assert "\r" not in cell
        assert sheet["arr"].tolist() == [-5.0] * len(DANGEROUS)  # numbers stay numbers

    def test_what_people_fill_in_is_there_and_empty(self) -> None:
        sheet = self.sheet()
        assert (sheet[["answer", "asked_by", "asked_on"]] == "").all(axis=None)

    def test_excel_reads_the_csv_as_utf_8(self, tmp_path: Path) -> None:
        write_spreadsheet(self.sheet(), tmp_path, "discovery")
        content = (tmp_path / "discovery.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        read = pd.read_csv(tmp_path / "discovery.csv", encoding="utf-8-sig", dtype=str)
        assert read["name"].tolist() == self.sheet()["name"].tolist()

    def test_no_cell_of_the_excel_file_is_a_formula(self, tmp_path: Path) -> None:
        write_spreadsheet(self.sheet(), tmp_path, "discovery")
        book = openpyxl.load_workbook(tmp_path / "discovery.xlsx")
        cells = [cell for row in book.active.iter_rows() for cell in row]
        assert len(cells) == (len(DANGEROUS) + 1) * self.sheet().shape[1]
        assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}


def test_without_the_schemes_nobody_is_misjudged() -> None:
    snapshot = snapshot_of(VALUES)
    axes = compute_axes(snapshot, SchemesConfig().axes)
    assert misjudged_accounts(snapshot, axes, None, None, SchemesConfig()).empty


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "discovery.xlsx").mkdir()
    with pytest.raises(OutputError, match=r"discovery\.xlsx' cannot be written.*Free some space"):
        write_spreadsheet(pd.DataFrame({"a": ["b"]}), tmp_path, "discovery")

"""Study folders with simulated numbers, for tests of everything that shows a study.

The groups are planted and the tables follow from them (medians, crosswalks, agreement), so that
the report has something true to say; criteria over k and stabilities are plausible inventions.
"""

import atexit
import shutil
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from clustering import results
from clustering.comparison import compare_partitions
from clustering.comparison.forward.entries import ForwardEntry
from clustering.comparison.hypotheses import side_by_side
from clustering.comparison.observed.entries import DIFFERENCES, RATES, RENEWALS, RETENTION
from clustering.comparison.recommendation import recommend
from clustering.comparison.scorecard import Gains, score_table, scorecard
from clustering.comparison.scorecard_entries import Recommendation, Scorecard
from clustering.config import StudyConfig
from clustering.models.kinds import CentreModel
from clustering.models.types import CandidateSpec, Clustering
from clustering.movement.overrides.reconfirmation import RECONFIRMATION
from clustering.movement.run import AssignmentSummary
from clustering.plan.make import Plan
from clustering.results.folder import write
from clustering.results.model_facts import model_facts
from clustering.scorer.answers.scores import ACCOUNT_REASONS
from clustering.scorer.segment_ids import SegmentNames, new_ids
from clustering.structure.pictures import clustergram, coassignment, named, valley_projections
from plan_folders import LABELS, next_steps, planned

HOSTILE_NAMES = (
    'Acme, "Quoted" & Sons',
    "Line\nbreak GmbH",
    "Emoji 🚀 Ltd",
    '=cmd("calc")',
    "<script>alert(1)</script>",
    "</span><img src=x onerror=alert(2)>",
    "back\\1slash \\g<0>",
    "W" * 200,
    "\u05e9\u05dc\u05d5\u05dd \u202etxt.exe",
)

_BEGINNING = "accounts with a name that goes on and on and tells itself apart only at the end"
LONG_NAMES = [f"{_BEGINNING}: {end}" for end in ("early", "late", "never")]

TIERS = ("smb", "midmarket", "enterprise")

FEATURES: tuple[tuple[str, str, str, str, tuple[str, str]], ...] = (
    (
        "milestones_on_time_share",
        "milestones",
        "share of due",
        "Share of due milestones achieved on or before the projected date",
        ("late on milestones", "on time with milestones"),
    ),
    (
        "milestones_overdue",
        "milestones",
        "milestones",
        "Milestones whose projected date has passed",
        ("nothing overdue", "many overdue milestones"),
    ),
    (
        "days_to_first_value",
        "milestones",
        "days",
        "Days from the start to the first achieved milestone",
        ("fast to first value", "slow to first value"),
    ),
    (
        "outcome_attainment_share",
        "outcomes",
        "share of target",
        "Latest value of the customer's outcomes relative to their targets",
        ("short of its outcomes", "ahead of its outcomes"),
    ),
    (
        "features_used_90d",
        "usage",
        "features",
        "Distinct features used in the last 90 days",
        ("low breadth", "high breadth"),
    ),
    (
        "seat_utilisation_share",
        "usage",
        "share of seats",
        "Active users relative to the seats in the contract",
        ("empty seats", "full seats"),
    ),
    (
        "days_since_last_use",
        "usage",
        "days",
        "Days since the last use of any feature",
        ("active lately", "inactive lately"),
    ),
    (
        "engagement_hours_90d",
        "engagement",
        "hours",
        "Hours that people spent on the account in the last 90 days",
        ("little contact", "much contact"),
    ),
    (
        "nps_latest",
        "sentiment",
        "score",
        "Latest answer to the recommendation question",
        ("critical", "enthusiastic"),
    ),
)

SEGMENT_NAMES = (
    "late on milestones, low breadth",
    "on time with milestones, high breadth",
    "ahead of its outcomes, full seats, much contact",
    "slow to first value, inactive lately",
    "fast to first value, little contact",
    "many overdue milestones, critical",
    "short of its outcomes, empty seats",
    "enthusiastic, active lately, nothing overdue and much contact",
)


@dataclass(frozen=True)
class Recipe:
    """What the simulated study should look like."""

    verdict: str = "reproducible"
    n_accounts: int = 240
    k: int = 3
    n_features: int = 9
    names: bool = True
    with_arr: bool = True
    axes: bool = True
    commercial: bool = False
    needs: bool = True
    amount_name: str = "ARR"
    forward: bool = False
    algorithm: str = "kmeans"
    hostile: bool = False
    seed: int = 5


def build_study(folder: Path, recipe: Recipe = Recipe()) -> Path:
    """Write a study folder and give its path."""
    shutil.copytree(_built(recipe), folder)
    return folder


@cache
def _built(recipe: Recipe) -> Path:
    """A folder of the recipe, made once a process: two seconds that hundreds of tests would pay."""
    folder = Path(mkdtemp(prefix="study-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    study = _Simulated(recipe)
    write(study.document(), study.frames(), folder)
    return folder


class _Simulated:
    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        rng = np.random.default_rng(recipe.seed)
        n, k, d = recipe.n_accounts, recipe.k, recipe.n_features
        self.segment = np.sort(rng.choice(k, n, p=_sizes(k)))
        gap = {"natural": 2.4, "reproducible": 1.2, "constructive": 0.4}[recipe.verdict]
        centres = rng.normal(0, gap, (k, d)).round(2)
        self.z = centres[self.segment] + rng.normal(0, 1, (n, d))
        self.z = (self.z - self.z.mean(0)) / self.z.std(0)
        self.features = [_feature(i) for i in range(d)]
        self.ids = [f"A-{i:05d}" for i in range(n)]
        loose = self.segment / max(k - 1, 1) + rng.normal(0, 0.9, n)
        self.arr = np.round(np.exp(9.5 + 0.9 * loose + rng.normal(0, 0.7, n)), 2)
        cuts = np.quantile(self.arr, [0.6, 0.9])
        self.tier = np.array(TIERS)[np.searchsorted(cuts, self.arr, side="right")]
        moved = rng.random(n) < 0.25
        self.needs = np.where(moved, rng.choice(k, n), self.segment)
        self.rng = rng

    @property
    def unknown(self) -> np.ndarray:
        """Accounts of a segment of which nothing but its features is known."""
        return self.recipe.hostile & (self.segment == self.recipe.k - 1)

    @property
    def segment_names(self) -> list[str]:
        if self.recipe.hostile:
            kinds = [" ".join(name.split()) for name in HOSTILE_NAMES] + LONG_NAMES
            return [kinds[i % len(kinds)] for i in range(self.recipe.k)]
        return [
            SEGMENT_NAMES[i % len(SEGMENT_NAMES)] + ("" if i < len(SEGMENT_NAMES) else f" ({i})")
            for i in range(self.recipe.k)
        ]

    @property
    def segment_ids(self) -> tuple[str, ...]:
        return new_ids("simulated", self.recipe.k)

    @property
    def needs_labels(self) -> np.ndarray:
        kinds = ("first steps", "execution guidance", "strategy guidance")
        return np.array([kinds[i % 3] if i < 3 else f"other need {i}" for i in self.needs])

    def frames(self) -> dict[str, pd.DataFrame]:
        frames = {
            "accounts": self.accounts(),
            "candidates": self.candidates(),
            "agreements": self.agreements(),
            "crosswalk": self.crosswalk(),
            "profiles": self.profiles(),
            "disagreements": self.disagreements(),
            "scorecard": score_table(self.scorecard.scores),
            **{spec.name: spec.from_rows([]) for spec in (RATES, RETENTION, RENEWALS, DIFFERENCES)},
            "typical": self.typical(),
            "reconfirmation": RECONFIRMATION.from_rows([]),
            **self.pictures(),
            **self.plan.tables,
            **next_steps([LABELS]).tables,
        }
        if self.recipe.names:
            names = [
                HOSTILE_NAMES[i] if i < len(HOSTILE_NAMES) else f"Company {i}"
                for i in range(len(self.ids))
            ]
            # spread over the whole list, so that the tables of the report show some of them
            order = np.random.default_rng(0).permutation(len(self.ids))
            shown = list(self.disagreements()["account_id"][: len(HOSTILE_NAMES)])
            rest = [i for i in np.array(self.ids)[order] if i not in set(shown)]
            frames["names"] = pd.DataFrame({"account_id": shown + rest, "name": names})
        return frames

    @cached_property
    def plan(self) -> Plan:
        return planned(self.accounts(), tuple(self.segment_names))

    def pictures(self) -> dict[str, pd.DataFrame]:
        k, accounts = self.recipe.k, self.accounts()
        centres = np.stack([self.z[self.segment == number].mean(0) for number in range(k)])
        chosen = Clustering(
            CandidateSpec("kmeans", k), CentreModel(centres, 1.0), self.segment.copy(), 1, True
        )
        stability = accounts["stability"].to_numpy()
        pairs = coassignment(self.z, chosen, stability, seed=self.recipe.seed, n_refits=10)
        return {
            "clustergram": clustergram(self.partitions(), accounts["map_1"].to_numpy()),
            "coassignment": named(pairs, self.ids),
            "valleys": valley_projections(self.z, chosen, seed=self.recipe.seed),
        }

    def partitions(self) -> list[np.ndarray]:
        """Segments merged below the chosen k, and every eighth account taken out above it."""
        k, every = self.recipe.k, np.arange(len(self.ids)) % 8
        merged = [np.minimum(self.segment, groups - 1) for groups in range(1, k + 1)]
        split = [np.where(every < more, k + every, self.segment) for more in range(1, 9 - k)]
        return [*merged, *split]

    def accounts(self) -> pd.DataFrame:
        n, k = len(self.ids), self.recipe.k
        rng = np.random.default_rng(1)
        names = np.array(self.segment_names)
        frame = pd.DataFrame({"account_id": self.ids})
        for j, feature in enumerate(self.features):
            values = self.z[:, j] * 10 + 50
            frame[feature[0]] = np.where(rng.random(n) < 0.03 * (j % 4), np.nan, values)
        probability = np.clip(rng.beta(6, 2, n), 1 / k, 1.0)
        silhouette = np.clip(rng.normal(0.25, 0.18, n), -0.4, 0.9)
        u, s, _ = np.linalg.svd(self.z[: min(n, 2000)], full_matrices=False)
        del u, s
        projection = np.linalg.svd(self.z - self.z.mean(0), full_matrices=False)[2][:2]
        frame = frame.assign(
            arr=self.arr if self.recipe.with_arr else np.nan,
            started_on=pd.Timestamp("2023-01-01"),
            industry=rng.choice(["retail", "software", "health"], n),
            region=rng.choice(["EMEA", "APAC"], n),
            csm=rng.choice(["Manager Alpha", "Manager Beta"], n),
            segment=self.segment.astype("int64"),
            segment_id=np.array(self.segment_ids)[self.segment],
            segment_name=names[self.segment],
            probability=probability,
            runner_up=names[(self.segment + 1) % k] if k > 1 else None,
            margin=probability * 0.7,
            stability=np.clip(rng.beta(9, 2, n), 0, 1),
            silhouette=np.where(self.unknown, np.nan, silhouette) if k > 1 else np.nan,
            set_aside=False,
            map_1=self.z @ projection[0],
            map_2=self.z @ projection[1],
        )
        if self.recipe.with_arr:
            frame["arr_tiers"] = self.tier
        if self.recipe.needs:
            frame["needs_segment"] = self.needs_labels
        if self.recipe.axes:
            frame["growth_potential"] = np.clip(rng.beta(2, 3, n), 0, 1)
            risk = np.where(rng.random(n) < 0.05, np.nan, rng.beta(2, 4, n))
            frame["churn_risk"] = np.where(self.unknown, np.nan, risk)
        return frame

    def profiles(self) -> pd.DataFrame:
        accounts = self.accounts()
        rows = []
        for number, name in enumerate(self.segment_names):
            inside = (accounts["segment"] == number).to_numpy()
            for j, (feature, family, unit, _, _) in enumerate(self.features):
                values = accounts.loc[inside, feature].dropna()
                rows.append(
                    {
                        "segment": number,
                        "segment_name": name,
                        "feature": feature,
                        "family": family,
                        "unit": unit,
                        "n": len(values),
                        "median": values.median(),
                        "q25": values.quantile(0.25),
                        "q75": values.quantile(0.75),
                        "mean_z": float(self.z[inside, j].mean()),
                    }
                )
        return pd.DataFrame(rows)

    def others(self) -> dict[str, np.ndarray]:
        others: dict[str, np.ndarray] = {}
        if self.recipe.with_arr:
            others["arr_tiers"] = self.tier
        if self.recipe.needs:
            others["needs_segment"] = self.needs_labels
        return others

    def agreements(self) -> pd.DataFrame:
        rows = []
        for second, labels in self.others().items():
            ami = float(adjusted_mutual_info_score(self.segment, labels))
            ari = float(adjusted_rand_score(self.segment, labels))
            rows.append(
                {
                    "first": "segment",
                    "second": second,
                    "n": len(self.ids),
                    "ami": ami,
                    "ari": ari,
                    "nmi": min(ami + 0.02, 1.0),
                    "homogeneity": min(ami + 0.03, 1.0),
                    "completeness": min(ami + 0.01, 1.0),
                    "permutation_p": 0.001 if ami > 0.02 else 0.4,
                    "ami_low": ami - 0.04,
                    "ami_high": ami + 0.05,
                    "ari_low": ari - 0.05,
                    "ari_high": ari + 0.05,
                    "null_high": 0.012,
                    "ceiling": min(ami + 0.35, 0.95),
                }
            )
        columns = ["first", "second", "n", "ami", "ari", "permutation_p"]
        return pd.DataFrame(rows) if rows else _empty_agreements(columns)

    def crosswalk(self) -> pd.DataFrame:
        rows = []
        names = np.array(self.segment_names)[self.segment]
        for second, labels in self.others().items():
            frame = pd.DataFrame({"a": names, "b": labels, "arr": self.arr})
            for (a, b), part in frame.groupby(["a", "b"]):
                rows.append(
                    {
                        "first": "segment",
                        "second": second,
                        "first_label": a,
                        "second_label": b,
                        "n_accounts": len(part),
                        "arr": float(part["arr"].sum()) if self.recipe.with_arr else np.nan,
                        "share_of_first": len(part) / int((names == a).sum()),
                        "share_of_second": len(part) / int((labels == b).sum()),
                    }
                )
        if rows:
            return pd.DataFrame(rows)
        text = ["first", "second", "first_label", "second_label"]
        frame = pd.DataFrame({name: pd.Series(dtype="str") for name in text})
        frame["n_accounts"] = pd.Series(dtype="int64")
        for name in ("arr", "share_of_first", "share_of_second"):
            frame[name] = pd.Series(dtype="float64")
        return frame

    def disagreements(self) -> pd.DataFrame:
        rows = []
        names = np.array(self.segment_names)[self.segment]
        for second, labels in self.others().items():
            frame = pd.DataFrame({"s": names, "l": labels, "id": self.ids, "arr": self.arr})
            share = frame.groupby(["l", "s"])["id"].transform("size") / frame.groupby("l")[
                "id"
            ].transform("size")
            frame["surprise"] = -np.log(share)
            top = frame.sort_values(["surprise", "arr"], ascending=False).head(20)
            for row in top.itertuples():
                rows.append(
                    {
                        "account_id": row.id,
                        "second": second,
                        "label": row.l,
                        "segment_name": row.s,
                        "arr": row.arr if self.recipe.with_arr else np.nan,
                        "surprise": row.surprise,
                        "why": f"{np.exp(-row.surprise):.0%} of '{row.l}' are '{row.s}'; "
                        "unlike the rest in features used.",
                    }
                )
        if rows:
            return pd.DataFrame(rows)
        frame = pd.DataFrame(
            {
                name: pd.Series(dtype="str")
                for name in ("account_id", "second", "label", "segment_name", "why")
            }
        )
        return frame.assign(arr=pd.Series(dtype="float64"), surprise=pd.Series(dtype="float64"))

    def typical(self) -> pd.DataFrame:
        rows = []
        for number, name in enumerate(self.segment_names):
            members = np.flatnonzero(self.segment == number)[:5]
            rows += [
                {
                    "segment": number,
                    "segment_name": name,
                    "rank": rank + 1,
                    "account_id": self.ids[i],
                    "distance": 0.5 + 0.1 * rank,
                }
                for rank, i in enumerate(members)
            ]
        return pd.DataFrame(rows)

    def candidates(self) -> pd.DataFrame:
        rows: list[dict[str, Any]] = []
        n = len(self.ids)
        for k in range(1, 9):
            strength = max(0.1, 0.93 - 0.12 * abs(k - self.recipe.k))
            rows.append(
                {
                    "algorithm": "kmeans",
                    "k": k,
                    "covariance_type": None,
                    "sizes": [n // k] * k,
                    "inertia": n * 9.0 * (0.25 + 0.75 / k),
                    "silhouette": None if k == 1 else 0.32 - 0.03 * abs(k - 2),
                    "gap_pca": 0.2 + 0.1 * min(k, self.recipe.k) - 0.01 * k,
                    "gap_pca_se": 0.012,
                    "prediction_strength": 1.0 if k == 1 else strength,
                    "instability": None if k == 1 else 0.05 + 0.04 * abs(k - self.recipe.k),
                    "seed_ari": None if k == 1 else 0.98,
                    "jaccard_min": None if k == 1 else max(0.2, strength - 0.05),
                    "valley_share": None if k == 1 else strength - 0.3,
                    "ruled_out": None,
                    "admissible": k in (self.recipe.k, 2),
                    "chosen": self.recipe.algorithm == "kmeans" and k == self.recipe.k,
                }
            )
        for c, kind in enumerate(("full", "tied", "diag", "spherical")):
            for k in range(1, 9):
                bad = kind == "full" and k > 5
                rows.append(
                    {
                        "algorithm": "mixture",
                        "k": k,
                        "covariance_type": kind,
                        "sizes": [n // k] * k,
                        "log_likelihood": -3000.0 + 40 * k,
                        "n_parameters": 20 * k,
                        "bic": 6000.0 + 60 * (k - 3) ** 2 + 90 * c,
                        "icl_hard": 6100.0 + 70 * (k - 2) ** 2 + 90 * c,
                        "icl_soft": 6110.0 + 70 * (k - 2) ** 2 + 90 * c,
                        "smallest_eigenvalue_ratio": 0.1,
                        "ruled_out": f"mixture k={k} full: component 1 has 3 accounts"
                        if bad
                        else None,
                        "admissible": False,
                        "chosen": self.recipe.algorithm == "mixture"
                        and kind == "diag"
                        and k == self.recipe.k,
                    }
                )
        return pd.DataFrame(rows)

    def document(self) -> results.StudyDocument:
        recipe = self.recipe
        natural = recipe.verdict == "natural"
        chosen = {
            "algorithm": recipe.algorithm,
            "k": recipe.k,
            "covariance_type": "diag" if recipe.algorithm == "mixture" else None,
        }
        config = StudyConfig.model_validate(
            {"name": "simulated", "as_of": "2025-06-30", "source": {"folder": "book"}}
        )
        return results.StudyDocument.model_validate(
            {
                "name": "simulated",
                "title": "Simulated book",
                "as_of": "2025-06-30",
                "horizon_days": 365,
                "currency": "USD",
                "amount_name": recipe.amount_name,
                "note": "All accounts are simulated.",
                "seed": recipe.seed,
                "created_at": "2025-07-01T00:00:00Z",
                "configuration": config.model_dump(mode="json"),
                "provenance": {
                    "config_hash": config.hash,
                    "inputs": {"accounts": {"fingerprint": "0f" * 32, "rows": len(self.ids)}},
                    "versions": {"python": "3.11", "numpy": "2.4.6"},
                },
                "tables": {
                    "present": ["accounts", "subscriptions", "usage", "milestones"],
                    "absent": ["tickets"],
                },
                "n_accounts": len(self.ids),
                "commercial_in_matrix": recipe.commercial,
                "verdict": recipe.verdict,
                "segments_return": recipe.verdict != "constructive",
                "n_clusters": recipe.k if natural else 1,
                "reasons": _REASONS[recipe.verdict],
                "chosen": chosen,
                "group_word": {"singular": "cluster", "plural": "clusters"}
                if natural
                else {"singular": "band", "plural": "bands"},
                "features": self.feature_entries(),
                "not_computed": {"tickets_open": "needs the table tickets"},
                "segments": self.segment_entries(),
                "labellings": self.labelling_entries(),
                "labellings_absent": {"current_segment": "no column current_segment in accounts"},
                "agreements": self.agreement_entries(),
                "forward": _FORWARD if recipe.forward else [],
                "forward_rivals": _RIVALS if recipe.forward else [],
                "forward_split": _SPLIT,
                "forward_secondary": [],
                "forward_folds": [],
                "multiplicity": _MULTIPLICITY,
                "afterwards": {"inside_tiers": [], "expansion": None, "notes": []},
                "differences": _DIFFERENCES,
                "within_tiers": _WITHIN if recipe.with_arr else None,
                "leakage": _LEAKAGE if recipe.with_arr else _NO_LEAKAGE,
                "plan": self.plan.entry.model_dump(),
                "next_steps": next_steps([LABELS]).entry.model_dump(),
                "scorecard": self.scorecard,
                "recommendation": self.recommendation(),
                "evidence": self.evidence(),
                "movement": None,
                "movement_absent": "This study did not look back in time.",
                "assignment": dict.fromkeys(AssignmentSummary.model_fields, 0),
                "succession": None,
                "outcomes": {
                    "days": 365,
                    "observed": {"churned": 0.12, "expanded": 0.2},
                    "at_risk": {"churned": len(self.ids), "expanded": len(self.ids)},
                    "notes": ["12 accounts have no renewal in the window."],
                },
                "ruled_out": ["mixture k=6 full: component 1 has 3 accounts"],
                "warnings": ["31 % of usage is dated before the account's start."],
            }
        )

    def recommendation(self) -> Recommendation:
        tiers = [e for e in self.agreement_entries() if e["second"] == "arr_tiers"]
        return recommend(
            n_segments=self.recipe.k,
            are_clusters=self.recipe.verdict == "natural",
            gains=self.recipe.forward,
            tiers_agreement=tuple(tiers[0]["interval"]["ami"]) if tiers else None,
            labellings=list(self.others()),
        )

    @cached_property
    def scorecard(self) -> Scorecard:
        accounts = self.accounts()
        labels = {"segment": accounts["segment_name"], **map_series(self.others())}
        pairs = [
            compare_partitions(
                pd.Series(labels[one], name=one), pd.Series(labels[other], name=other),
                n_bootstrap=100, n_permutations=19, seed=1,
            )
            for one, other in combinations(labels, 2)
        ]  # fmt: skip
        entries = [
            ForwardEntry(**entry, n=len(self.ids), n_events=29, p_adjusted=0.001)
            for entry in (_FORWARD if self.recipe.forward else [])
        ]
        scores = scorecard(labels, self.z, pairs, gains=Gains(entries), seed=1)
        held = self.recipe.verdict != "constructive"
        return side_by_side(scores, outcome="churned", held=held, cost_shares={"segment": 0.08})

    def feature_entries(self) -> list[dict[str, Any]]:
        accounts = self.accounts()
        entries = [
            {
                "name": name,
                "family": family,
                "unit": unit,
                "meaning": meaning,
                "null_means": "nothing was recorded",
                "included": True,
                "reason": None,
                "missing_share": float(accounts[name].isna().mean()),
                "words": list(words),
            }
            for name, family, unit, meaning, words in self.features
        ]
        left_out = dict(entries[0]) | {
            "name": "overrides_count",
            "included": False,
            "reason": "constant: every account has 0",
            "missing_share": 0.0,
        }
        return [*entries, left_out]

    def segment_entries(self) -> list[dict[str, Any]]:
        entries = []
        for number, name in enumerate(self.segment_names):
            inside = self.segment == number
            arr = float(self.arr[inside].sum())
            entries.append(
                {
                    "segment": number,
                    "segment_id": self.segment_ids[number],
                    "name": name,
                    "description": f"Set apart by: {name}.",
                    "n_accounts": int(inside.sum()),
                    "share": float(inside.mean()),
                    "arr": arr if self.recipe.with_arr else None,
                    "arr_share": arr / float(self.arr.sum()) if self.recipe.with_arr else None,
                    "mean_probability": 0.83,
                    "mean_stability": 0.88,
                    "jaccard": round(0.9 - 0.06 * number, 3) if self.recipe.k > 1 else None,
                    "made_by": None,
                }
            )
        return entries

    def labelling_entries(self) -> list[dict[str, Any]]:
        titles = {
            "arr_tiers": f"{self.recipe.amount_name} tiers",
            "needs_segment": "needs-based segments",
        }
        entries: list[dict[str, Any]] = [
            {
                "name": "segment",
                "title": "Segments (bands of this study)",
                "kind": "learned",
                "levels": self.segment_names,
                "n_accounts": len(self.ids),
            }
        ]
        for second, labels in self.others().items():
            entries.append(
                {
                    "name": second,
                    "title": titles[second],
                    "kind": "rule" if second == "arr_tiers" else "own",
                    "levels": list(TIERS) if second == "arr_tiers" else sorted(set(labels)),
                    "n_accounts": len(self.ids),
                    "rule": "cut points of ARR" if second == "arr_tiers" else "",
                }
            )
        return entries

    def agreement_entries(self) -> list[dict[str, Any]]:
        frame = self.agreements()
        if frame.empty:
            return []
        low_high = ["ami_low", "ami_high", "ari_low", "ari_high"]
        return [
            row.drop(low_high).to_dict()
            | {
                "interval": {
                    "ami": [row["ami_low"], row["ami_high"]],
                    "ari": [row["ari_low"], row["ari_high"]],
                },
                "refits": 50,
            }
            for _, row in frame.iterrows()
        ]

    def evidence(self) -> dict[str, Any]:
        k = self.recipe.k
        natural = self.recipe.verdict == "natural"
        observed = 0.45 if natural else 0.28
        nulls = [
            {
                "name": name,
                "statistic": "silhouette",
                "observed": observed,
                "mean": 0.22 + 0.03 * i,
                "sd": 0.02,
                "p": 0.005 if natural else 0.21,
                "z": (observed - 0.22 - 0.03 * i) / 0.02,
                "replicates": 199,
            }
            for i, name in enumerate(("gaussian", "copula_margins", "copula_unimodal"))
        ]
        gap = {"log_w": 1.0, "expected_log_w": 1.2, "gap": 0.2, "se": 0.01}
        kmeans = [
            {
                "k": size,
                "sizes": [len(self.ids) // size] * size,
                "inertia": 10.0,
                "silhouette": None if size == 1 else 0.3,
                "calinski_harabasz": None,
                "davies_bouldin": None,
                "gap": {"pca": gap},
                "prediction_strength": max(0.1, 0.93 - 0.12 * abs(size - k)),
                "instability": None if size == 1 else 0.05,
                "seed_ari": None if size == 1 else 1.0,
                "jaccard": {"bootstrap": [round(0.92 - 0.05 * j, 3) for j in range(size)]},
                "valley_share": None if size == 1 else 0.5,
                "saddle": None,
                "bridges": [],
                "silhouette_null": {"mean": 0.2 - 0.01 * size, "sd": 0.01} if size > 1 else None,
            }
            for size in range(1, 9)
        ]
        return {
            "n": len(self.ids),
            "n_set_aside": 0,
            "d": self.recipe.n_features,
            "scale": "none",
            "seed": self.recipe.seed,
            "verdict": self.recipe.verdict,
            "n_clusters": k if natural else 1,
            "offered": {"algorithm": self.recipe.algorithm, "k": k, "covariance_type": None},
            "admissible": [2, k] if natural else [1],
            "reasons": _REASONS[self.recipe.verdict],
            "chosen_by": {
                "gap_pca": k,
                "prediction_strength": k,
                "instability": k,
                "silhouette": 2,
                "bic": {"covariance_type": "full", "k": 3},
                "icl": {"covariance_type": "full", "k": 2},
            },
            "structure": {
                "hopkins": None,
                "hopkins_null": None,
                "dip": None,
                "nulls": nulls,
                "least_effect": 3.0,
            },
            "kmeans": kmeans,
            "mixtures": [],
            "trial": None,
            "segments_return": self.recipe.verdict != "constructive",
        }


def map_series(labels: dict[str, np.ndarray]) -> dict[str, "pd.Series[str]"]:
    return {name: pd.Series(values, dtype="str") for name, values in labels.items()}


def _sizes(k: int) -> np.ndarray:
    weights = np.linspace(2.0, 1.0, k)
    return weights / weights.sum()


def _feature(i: int) -> tuple[str, str, str, str, tuple[str, str]]:
    if i < len(FEATURES):
        return FEATURES[i]
    name, family, unit, meaning, words = FEATURES[i % len(FEATURES)]
    return (f"{name}_{i}", family, unit, f"{meaning} (variant {i})", words)


def _empty_agreements(columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(dtype="float64") for name in columns})
    return frame.astype({"first": "str", "second": "str", "n": "int64"})


_REASONS = {
    "natural": [
        "Every homogeneous null is rejected (largest p = 0.005).",
        "The held-out valley gate passes between every pair of neighbours.",
        "Every segment comes back under resampling (least Jaccard 0.78).",
    ],
    "reproducible": [
        "No homogeneous null is rejected (least p = 0.21).",
        "Every segment comes back under resampling (least Jaccard 0.78).",
    ],
    "constructive": [
        "No homogeneous null is rejected (least p = 0.21).",
        "The least Jaccard of a segment is 0.41, below 0.75.",
    ],
}

_FORWARD = [
    {
        "labelling": "segment",
        "outcome": "churned",
        "window": "2025-07-01 to 2026-06-30",
        "gain": {"log_loss": 0.012, "auc": 0.03, "interval": [0.004, 0.021]},
        "claim": "Beside the tiers, the segments improved the held-out prediction of churned: log "
        "loss lower by 0.012, 95 % interval 0.004 to 0.021.",
    },
    {
        "labelling": "needs_segment",
        "outcome": "churned",
        "window": "2025-07-01 to 2026-06-30",
        "gain": {"log_loss": 0.001, "auc": 0.002, "interval": [-0.004, 0.006]},
        "claim": "No evidence that needs-based segments beat the tiers in predicting churned (gain "
        "in log loss 0.0010, 95 % interval -0.0040 to 0.0060).",
    },
]

_RIVALS = [
    {
        "labelling": "segment: arr_bands",
        "outcome": "churned",
        "window": "2025-07-01 to 2026-06-30",
        "n": 240,
        "n_events": 29,
        "gain": {"log_loss": -0.002, "auc": -0.01, "interval": [-0.006, 0.001]},
        "claim": None,
    },
    {
        "labelling": "segment: tree",
        "outcome": "churned",
        "window": "2025-07-01 to 2026-06-30",
        "gain": None,
        "reason": "too few events to grow a tree",
        "claim": None,
    },
]

_SPLIT = {
    "design": "five folds",
    "test_date": "2025-06-30",
    "reason": "the tables do not reach back.",
}

_MULTIPLICITY = {
    "primary_labelling": "segment",
    "primary_outcome": "churned",
    "n_confirmatory": 1,
    "n_exploratory": 0,
    "n_claimed": 0,
    "secondary_outcomes": [],
}

_DIFFERENCES = {
    "n_tests": 0,
    "n_found": 0,
    "n_naive": 0,
    "n_accounts": 0,
    "agreement": None,
    "conditions": "",
    "independence_p": None,
    "notes": [],
}

_WITHIN = {
    "entropy_share": 0.96,
    "variance_within": 0.93,
    "explained": 0.31,
    "p": 0.001,
    "tiers": [],
    "n_permutations": 999,
}

_LEAKAGE = {
    "ablations": [
        {
            "features": name,
            "meaning": meaning,
            "n_features": 9 + i,
            "ami": 0.03 + 0.3 * i,
            "ari": 0.02 + 0.3 * i,
            "interval": {key: [0.01 + 0.3 * i, 0.06 + 0.3 * i] for key in ("ami", "ari")},
        }
        for i, (name, meaning) in enumerate(
            (("F0", "no size"), ("F1", "with proxies of size"), ("F3", "the amount alone"))
        )
    ],
    "index": {"overall": 0.08, "without": {}, "n_accounts": 240},
    "needs": {"ami": 0.2, "circular": False, "sentence": "The needs are not circular."},
}

_NO_LEAKAGE: dict[str, Any] = {"ablations": [], "index": None, "needs": None}


def add_scorer(folder: Path) -> None:
    """Fit a scorer to a simulated study; it goes into the folder with its reasons."""
    from datetime import date

    from clustering.config import FeaturesConfig, MatrixConfig
    from clustering.features.types import Feature, Snapshot
    from clustering.matrix.standardise import standardise
    from clustering.models.kmeans import fit_kmeans
    from clustering.models.types import CandidateSpec
    from clustering.scorer import Scorer, Training

    study = results.read(folder)
    entries = [feature for feature in study.document.features if feature.included]
    features = tuple(
        Feature(
            name=entry.name,
            family=entry.family,
            unit=entry.unit,
            meaning=entry.meaning,
            null_means=entry.null_means,
            needs=("usage",),
            scale="signed",
            higher_is_better=None,
            words=(entry.words[0], entry.words[1]),
        )
        for entry in entries
    )
    frame = study.accounts.set_index("account_id")
    snapshot = Snapshot(
        as_of=date(2025, 6, 30),
        frame=frame[[feature.name for feature in features]],
        features=features,
        attributes=frame[["arr"]],
    )
    matrix, standardiser = standardise(snapshot, MatrixConfig())
    k = len(study.document.segments)
    fit = fit_kmeans(matrix.values, k, n_init=5, seed=0)
    scorer = Scorer.build(
        standardiser,
        fit.clustering(CandidateSpec("kmeans", k)),
        matrix,
        SegmentNames(
            tuple(segment.segment_id for segment in study.document.segments),
            tuple(segment.name for segment in study.document.segments),
        ),
        FeaturesConfig(),
        Training(date(2025, 6, 30), study.document.verdict, study=study.document.name),
    )
    told = model_facts(
        study.document,
        study.table("rates"),
        periods={"usage": (date(2024, 1, 1), date(2025, 6, 30))},
        titles={feature.name: feature.title for feature in features},
    )
    replace(scorer, facts=told).save(folder / "scorer")
    said = scorer.score_features(frame, reasons=True).reset_index()
    reasons = said[[column.name for column in ACCOUNT_REASONS.columns]]
    reasons.to_parquet(folder / "reasons.parquet", index=False)


def add_report(folder: Path) -> None:
    """A stand-in for the rendered report, where the test is not about rendering."""
    without = folder / "report" / "without_names"
    without.mkdir(parents=True)
    (without / "index.html").write_text("<!DOCTYPE html><html lang='en'></html>", "utf-8")
    (folder / "report" / "figures").mkdir()
    (folder / "report" / "figures" / "account_map.png").write_bytes(b"\x89PNG")

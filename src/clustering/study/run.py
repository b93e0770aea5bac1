"""One run of a study: every step reads what it needs from the steps before it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import pandas as pd

from clustering.arrays import Floats
from clustering.columns import ARR_TIERS, SEGMENT, TENURE_DAYS
from clustering.comparison.compare import Comparison, compare
from clustering.comparison.recommendation import recommend
from clustering.comparison.scorecard_entries import Recommendation
from clustering.config import StudyConfig
from clustering.errors import BadInputError
from clustering.features import Horizon, Snapshot, build_snapshot
from clustering.features.horizon import build_horizon
from clustering.features.snapshot import with_fixed_parts
from clustering.inputs import check_inputs, too_few
from clustering.matrix import FeatureMatrix, Standardiser
from clustering.movement.overrides.active import Overrides, study_overrides
from clustering.movement.past import Past
from clustering.movement.run import OverTime, run_movement
from clustering.movement.succession.entries import Succeeded, succession
from clustering.movement.succession.inherit import Inheritance, inherit
from clustering.movement.succession.previous import load_previous, snapshot_for
from clustering.movement.succession.renames import given_names
from clustering.plan.make import Plan, check_settings, make_plan
from clustering.plan.next_steps import NextSteps, Segmented, find_next_steps
from clustering.profiles import Profiles, map_accounts, profile
from clustering.progress import SILENT, Progress
from clustering.results.document import GroupWord
from clustering.schemes import Axes, Labelling, assign_all, compute_axes
from clustering.schemes.types import under_amount_name
from clustering.scorer import Scorer, Training
from clustering.scorer.segment_ids import SegmentNames
from clustering.scorer.serving import Serving
from clustering.structure.evidence import assess_structure
from clustering.structure.pictures import picture_tables
from clustering.structure.protocol import Evidence
from clustering.structure.settings import ProtocolSettings
from clustering.structure.unrelated import standardise_related, unrelated_in_words
from clustering.study.inputs import comparison_inputs, plan_inputs
from clustering.tables import SourceTables, open_tables


@dataclass(frozen=True, eq=False)
class Run:
    """A study in memory; each of its steps is taken once, when it is first asked for.

    In a notebook a step can be looked at without those after it, as in ``Run(config).evidence``.

    Examples
    --------
    >>> from datetime import date
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from clustering.simulation import simulate, write_book
    >>> with TemporaryDirectory() as folder:
    ...     place = Path(folder) / "book"
    ...     _ = write_book(simulate("needs", 60, seed=1), place)
    ...     config = StudyConfig(name="look", as_of=date(2025, 6, 30), source={"folder": place})
    ...     Run(config).snapshot.as_of.isoformat()
    '2025-06-30'
    """

    config: StudyConfig
    progress: Progress = SILENT
    previous_model: Scorer | None = None

    def complete(self) -> Self:
        """Take every step, in the order in which mistakes are told soonest."""
        check_inputs(self.config)
        check_settings(self.config.engagement, self.config.schemes)
        for step in (
            *("previous", "renamed", "tables", "overrides", "snapshot", "horizon", "labellings"),
            *("matrix", "_previous_features", "evidence"),
            *("pictures", "scores", "over_time", "comparison", "plan", "next_steps"),
        ):
            getattr(self, step)
        return self

    @cached_property
    def tables(self) -> SourceTables:
        """The tables, checked against their contract."""
        with self.progress.step("Checking the tables"):
            return open_tables(self.config)

    @cached_property
    def overrides(self) -> Overrides:
        """Decisions of people, read before anything is fitted."""
        return study_overrides(self.config, self.tables)

    @cached_property
    def settings(self) -> StudyConfig:
        """The configuration with what it leaves to be found at the as-of date: every other date,
        and the scorer, see the same features."""
        config = self.config
        features = with_fixed_parts(self.tables, config.as_of, config.features)
        return config.model_copy(update={"features": features})

    @cached_property
    def snapshot(self) -> Snapshot:
        """The features of every account, as known at the as-of date."""
        tables = self.tables
        with self.progress.step("Computing the features"):
            return build_snapshot(tables, self.config.as_of, self.settings.features)

    @cached_property
    def horizon(self) -> Horizon:
        """What happened after the as-of date."""
        return build_horizon(self.tables, self.config.as_of, self.config.horizon_days)

    @cached_property
    def _assigned(self) -> tuple[tuple[Labelling, ...], Mapping[str, str]]:
        return assign_all(self.snapshot, self.config.schemes, self.axes)

    @cached_property
    def _named(self) -> tuple[tuple[Labelling, ...], Mapping[str, str]]:
        return under_amount_name(*self._assigned, self.config.amount_name)

    @property
    def labellings(self) -> tuple[Labelling, ...]:
        """The schemes that these accounts allow."""
        return self._named[0]

    @property
    def absent(self) -> Mapping[str, str]:
        """Why each other scheme is absent."""
        return self._named[1]

    @cached_property
    def axes(self) -> Axes:
        """The axes that schemes share."""
        return compute_axes(self.snapshot, self.config.schemes.axes)

    @cached_property
    def _standardised(self) -> tuple[FeatureMatrix, Standardiser]:
        snapshot = self.snapshot
        with self.progress.step("Standardising"):
            matrix, standardiser = standardise_related(
                snapshot, self.config.matrix, seed=self.config.seed
            )
        if words := too_few(self.config, len(matrix.account_ids)):
            raise BadInputError(words)
        return matrix, standardiser

    @property
    def matrix(self) -> FeatureMatrix:
        """The accounts that are clustered, in standardised columns."""
        return self._standardised[0]

    @property
    def standardiser(self) -> Standardiser:
        """What made the matrix."""
        return self._standardised[1]

    @property
    def ids(self) -> list[str]:
        """The accounts of the matrix, in its order."""
        return list(self.matrix.account_ids)

    @cached_property
    def evidence(self) -> Evidence:
        """The verdict, the segments that are offered, and why."""
        settings = ProtocolSettings(
            seed=self.config.seed,
            config=self.config.evidence,
            models=self.config.models,
            complete=False,
            progress=self.progress,
        )
        return assess_structure(
            self.matrix.values,
            settings,
            raw=self.standardiser.complete_raw(self.snapshot.frame.loc[self.ids]),
            prepare=self.standardiser.refit,
            columns=self.matrix.feature_names,
            accounts=self.matrix.account_ids,
            notes=unrelated_in_words(self.matrix, seed=self.config.seed),
        )

    @cached_property
    def group_word(self) -> GroupWord:
        """What the segments may be called: clusters only where these very ones are natural."""
        if self.evidence.are_clusters:
            return GroupWord(singular="cluster", plural="clusters")
        return GroupWord(singular="band", plural="bands")

    @cached_property
    def places(self) -> Floats:
        """The accounts of the matrix on a map of two axes, shape (n_accounts, 2)."""
        return map_accounts(self.matrix.values)

    @cached_property
    def pictures(self) -> dict[str, pd.DataFrame]:
        """The numbers behind the pictures of the evidence, by table."""
        return picture_tables(
            *(self.matrix.values, self.evidence, self.places[:, 0], self.matrix.account_ids),
            seed=self.config.seed,
            progress=self.progress,
        )

    @cached_property
    def previous(self) -> Scorer | None:
        """The model of the previous study; None for a first one."""
        return self.previous_model or load_previous(self.config)

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Names that people gave to segments, by id."""
        return given_names(self.config, self.previous.called if self.previous else None)

    @cached_property
    def _previous_features(self) -> pd.DataFrame | None:
        """The accounts of the matrix as the previous model knows them."""
        if self.previous is None:
            return None
        known = snapshot_for(self.previous, self.tables, self.snapshot, self.settings.features)
        return known.frame.loc[self.ids]

    @cached_property
    def inheritance(self) -> Inheritance:
        """Ids of the segments, and names that they have already."""
        chosen = self.evidence.chosen
        return inherit(
            *(chosen.labels, chosen.model.k),
            origin=self._origin,
            previous=self.previous,
            renamed=self.renamed,
            frame=self._previous_features,
        )

    @cached_property
    def profiles(self) -> Profiles:
        """What sets the segments apart, and their names."""
        return profile(
            *(self.snapshot, self.matrix, self.evidence.chosen),
            amount_name=self.config.amount_name,
            given=self.inheritance.names,
            taken=self.inheritance.taken_names,
        )

    @cached_property
    def succession(self) -> Succeeded:
        """What became of the segments of the previous study."""
        return succession(self.inheritance, self.profiles)

    @cached_property
    def scorer(self) -> Scorer:
        """The chosen model, for accounts that the study has not seen."""
        config, evidence = self.config, self.evidence
        return Scorer.build(
            self.standardiser,
            evidence.chosen,
            self.matrix,
            SegmentNames(
                self.inheritance.ids,
                self.profiles.names,
                self.inheritance.former_names(
                    self.profiles.names, self.profiles.automatic, config.name, config.as_of
                ),
            ),
            self.settings.features,
            Training(
                config.as_of, evidence.verdict, evidence.are_clusters, config.name, config.hash
            ),
            scoring=config.scoring,
            age_days=self.snapshot.frame.loc[self.ids, TENURE_DAYS].to_numpy(),
        )

    @property
    def _origin(self) -> str:
        """What makes this cut another one than every other, whatever the order of the rows."""
        labels = self.evidence.chosen.labels.tolist()
        cut = sorted(f"{one} {label}" for one, label in zip(self.ids, labels, strict=True))
        digest = hashlib.sha256("\n".join(cut).encode()).hexdigest()
        return f"{self.config.hash}\n{digest}"

    @cached_property
    def scores(self) -> pd.DataFrame:
        """What the scorer says of the accounts of the matrix under their own labels, and why."""
        with self.progress.step("Describing the segments"):
            frame = self.snapshot.frame.loc[self.ids]
            labels = self.evidence.chosen.labels
            return self.scorer.score_training(frame, labels, reasons=True)

    @cached_property
    def past(self) -> Past:
        """The same accounts on earlier dates."""
        return Past(self.tables, self.settings, self.snapshot, self._assigned[0])

    @cached_property
    def over_time(self) -> OverTime:
        """Who moved and why, and what people decided."""
        return run_movement(
            self.past,
            self.scorer,
            self.evidence.chosen.spec,
            self.scores,
            self.overrides,
            self.progress,
        )

    @cached_property
    def comparison(self) -> Comparison:
        """The segments beside the tiers and every other labelling."""
        config = self.config
        return compare(comparison_inputs(self), config.comparison, config.seed, self.progress)

    @cached_property
    def recommendation(self) -> Recommendation:
        """For which labelling care should be planned."""
        scores = {score.labelling: score for score in self.comparison.scores}
        with_tiers = scores[SEGMENT].with_tiers if ARR_TIERS in scores else None
        return recommend(
            n_segments=self.evidence.offered.k,
            are_clusters=self.evidence.are_clusters,
            gains=scores[SEGMENT].gains,
            tiers_agreement=None if with_tiers is None else with_tiers.interval,
            labellings=scores,
        )

    @cached_property
    def plan(self) -> Plan:
        """What follows for the care of the accounts."""
        given = plan_inputs(self)
        with self.progress.step("Planning the care"):
            return make_plan(self.config.engagement, given)

    @cached_property
    def exported_scorer(self) -> Scorer:
        """The scorer as it is stored: it carries what the plan gives the segments."""
        config, plan = self.config, self.plan
        given = plan.coverage.set_index("label")["playbook"].to_dict()
        playbooks = (
            [given[name] for name in self.scorer.segment_names] if plan.on.name == SEGMENT else []
        )
        serving = Serving.of(plan.on.name, tuple(playbooks), config.movement, config.schemes)
        return replace(self.scorer, serving=serving)

    @cached_property
    def next_steps(self) -> NextSteps:
        """Whom to talk to, and what to doubt."""
        segmented = Segmented(
            *(self.snapshot, self.matrix, self.evidence.chosen, self.profiles, self.scores),
            *(self.axes, self.labellings, self.absent),
        )
        plan = self.plan
        with self.progress.step("Finding whom to talk to, and what to doubt"):
            return find_next_steps(self.config, segmented, plan)

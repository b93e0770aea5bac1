"""What SQL of a user's own may do: a list of what is allowed, held against the parsed statement.

A mapping and a rule are programs that come with a study, perhaps from somebody else. Reading
tables needs few of DuckDB's functions; others overwrite files, change settings, or run statements
and commands on a database server. Whatever is not listed here is refused, by name, before any of
it runs. The names come from DuckDB's own parser, so that neither case nor quotes, comments,
lambdas, windows or a dot before the bracket can hide one.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from clustering.errors import BadInputError, did_you_mean

#: Settings of a connection on which SQL of a user's own runs. What else is locked, and which
#: files it may still open, is for whoever makes the connection.
LOCKED = {
    # Extensions come with the installation; nothing is downloaded or loaded by a statement.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    # A name that is no table could be a variable of this program otherwise.
    "python_enable_replacements": False,
}

#: Functions that a rule may call: of an account's own values, the same answer every time, and no
#: result that is much larger than what it was made from.
RULE_FUNCTIONS = (
    "abs", "ceil", "ceiling", "concat", "contains", "date_diff", "date_part", "date_trunc",
    "datediff", "day", "ends_with", "exp", "floor", "greatest", "instr", "isfinite",
    "isnan", "least", "left", "len", "length", "ln", "log", "log10", "log2", "lower", "ltrim",
    "mod", "month", "nullif", "pow", "power", "prefix", "quarter", "regexp_full_match",
    "regexp_matches", "right", "round", "rtrim", "sign", "sqrt", "starts_with", "strpos",
    "substr", "substring", "suffix", "trim", "trunc", "upper", "week", "year",
)  # fmt: skip

#: Readers of files that may stand after FROM, with the options that each may be given. The others
#: of DuckDB keep rejected rows in tables of their own, or are not about tables.
_CSV_OPTIONS = (
    "all_varchar", "allow_quoted_nulls", "auto_detect", "auto_type_candidates", "buffer_size",
    "column_names", "column_types", "columns", "comment", "compression", "dateformat",
    "decimal_separator", "delim", "dtypes", "encoding", "escape", "filename",
    "force_not_null", "header", "hive_partitioning", "hive_types", "hive_types_autocast",
    "ignore_errors", "max_line_size", "maximum_line_size", "names", "new_line", "normalize_names",
    "null_padding", "nullstr", "parallel", "quote", "sample_size", "sep", "skip", "strict_mode",
    "thousands", "timestampformat", "types", "union_by_name",
)  # fmt: skip
_JSON_OPTIONS = (
    "auto_detect", "columns", "compression", "convert_strings_to_integers", "dateformat",
    "date_format", "field_appearance_threshold", "filename", "format", "hive_partitioning",
    "hive_types", "hive_types_autocast", "ignore_errors", "map_inference_threshold",
    "maximum_depth", "maximum_object_size", "maximum_sample_files", "records", "sample_size",
    "timestampformat", "timestamp_format", "union_by_name",
)  # fmt: skip
_PARQUET_OPTIONS = (
    "binary_as_string", "file_row_number", "filename", "hive_partitioning", "hive_types",
    "hive_types_autocast", "union_by_name",
)  # fmt: skip
_EXCEL_OPTIONS = (
    "all_varchar", "empty_as_varchar", "header", "ignore_errors", "normalize_names", "range",
    "sheet", "stop_at_empty",
)  # fmt: skip
READERS = {
    "read_csv": _CSV_OPTIONS,
    "read_csv_auto": _CSV_OPTIONS,
    "read_json": _JSON_OPTIONS,
    "read_json_auto": _JSON_OPTIONS,
    "read_ndjson": _JSON_OPTIONS,
    "read_ndjson_auto": _JSON_OPTIONS,
    "read_parquet": _PARQUET_OPTIONS,
    "parquet_scan": _PARQUET_OPTIONS,
    "read_xlsx": _EXCEL_OPTIONS,
}

#: Functions that a mapping may call, by what they are about. All are of the values that they are
#: given: none opens a file, runs a statement, reads or changes a setting, or waits.
FUNCTIONS = {
    "numbers": (
        "abs", "acos", "add", "asin", "atan", "atan2", "bin", "cbrt", "ceil", "ceiling", "cos",
        "degrees", "divide", "even", "exp", "fdiv", "floor", "fmod", "greatest", "isfinite",
        "isinf", "isnan", "least", "ln", "log", "log10", "log2", "mod", "multiply", "pi", "pow",
        "power", "radians", "round", "round_even", "roundbankers", "sign", "sin", "sqrt",
        "subtract", "tan", "trunc", "xor",
    ),
    "texts": (
        "ascii", "base64", "char_length", "character_length", "chr", "concat", "concat_ws",
        "contains", "damerau_levenshtein", "editdist3", "ends_with", "format", "from_base64",
        "hamming", "hash", "hex", "instr", "jaccard", "jaro_similarity", "jaro_winkler_similarity",
        "lcase", "left", "left_grapheme", "len", "length", "length_grapheme", "levenshtein",
        "lower", "lpad", "ltrim", "md5", "mismatches", "nfc_normalize", "ord", "parse_dirname",
        "parse_filename", "parse_path", "position", "prefix", "printf", "regexp_escape",
        "regexp_extract", "regexp_extract_all", "regexp_full_match", "regexp_matches",
        "regexp_replace", "regexp_split_to_array", "regexp_split_to_table", "replace", "reverse",
        "right", "right_grapheme", "rpad", "rtrim", "sha1", "sha256", "split", "split_part",
        "starts_with", "str_split", "str_split_regex", "string_split", "string_split_regex",
        "string_to_array", "strip_accents", "strlen", "strpos", "substr", "substring",
        "substring_grapheme", "suffix", "to_base64", "to_hex", "translate", "trim", "ucase",
        "unhex", "unicode", "upper", "url_decode", "url_encode",
    ),
    # None that looks at the clock: the same files give the same tables on every day.
    "dates and times": (
        "century", "date_add", "date_diff", "date_part", "date_sub",
        "date_trunc", "datediff", "datepart", "datesub", "datetrunc", "day", "dayname",
        "dayofmonth", "dayofweek", "dayofyear", "days_in_month", "decade", "epoch", "epoch_ms",
        "epoch_ns", "epoch_us", "era", "getvariable", "hour", "isodow", "isoyear", "julian",
        "last_day", "make_date", "make_time", "make_timestamp", "make_timestamp_ms",
        "make_timestamp_ns",
        "make_timestamptz", "microsecond", "millennium", "millisecond", "minute", "month",
        "monthname", "nanosecond", "quarter", "second", "strftime", "strptime",
        "time_bucket", "timezone", "timezone_hour", "timezone_minute", "to_days", "to_hours",
        "to_microseconds", "to_milliseconds", "to_minutes", "to_months", "to_quarters",
        "to_seconds", "to_timestamp", "to_weeks", "to_years", "try_strptime", "week",
        "weekday", "weekofyear", "year", "yearweek",
    ),
    "conditions": ("constant_or_null", "nullif", "typeof"),
    "lists, structs, maps and JSON": (
        "apply", "array_append", "array_apply", "array_cat", "array_concat", "array_contains",
        "array_distinct", "array_extract", "array_filter", "array_has", "array_has_all",
        "array_has_any", "array_indexof", "array_intersect", "array_length", "array_position",
        "array_prepend", "array_reverse", "array_reverse_sort", "array_slice", "array_sort",
        "array_to_string", "array_transform", "array_unique", "array_value", "array_zip",
        "cardinality", "element_at", "filter", "flatten", "from_json", "generate_series", "json",
        "json_array", "json_array_length", "json_contains", "json_exists", "json_extract",
        "json_extract_path", "json_extract_path_text", "json_extract_string", "json_keys",
        "json_object", "json_structure", "json_transform", "json_type", "json_valid",
        "json_value", "list_any_value", "list_append", "list_apply", "list_avg", "list_cat",
        "list_concat", "list_contains", "list_count", "list_distinct", "list_element",
        "list_extract", "list_filter", "list_first", "list_has", "list_has_all", "list_has_any",
        "list_indexof", "list_intersect", "list_last", "list_max", "list_median", "list_min",
        "list_mode", "list_pack", "list_position", "list_prepend", "list_reduce", "list_reverse",
        "list_reverse_sort", "list_select", "list_slice", "list_sort", "list_sum",
        "list_transform", "list_unique", "list_value", "list_where", "list_zip", "map",
        "map_concat", "map_contains", "map_entries", "map_extract", "map_extract_value",
        "map_from_entries", "map_keys", "map_values", "range", "reduce", "row", "struct_concat",
        "struct_extract", "struct_extract_at", "struct_insert", "struct_keys", "struct_pack",
        "struct_values", "to_json", "union_extract", "union_tag", "union_value", "unnest",
        "unpivot_list",
    ),
    "aggregates and windows": (
        "any_value", "approx_count_distinct", "approx_quantile", "arbitrary", "arg_max",
        "arg_max_null", "arg_min", "arg_min_null", "argmax", "argmin", "array_agg", "avg",
        "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count", "count_if",
        "count_star", "countif", "covar_pop", "covar_samp", "cume_dist", "dense_rank", "entropy",
        "favg", "fill", "first", "first_value", "fsum", "geomean", "geometric_mean",
        "group_concat", "histogram", "json_group_array", "json_group_object", "kahan_sum",
        "kurtosis", "lag", "last", "last_value", "lead", "list", "listagg", "mad", "max",
        "max_by", "mean", "median", "min", "min_by", "mode", "nth_value", "ntile",
        "percent_rank", "product", "quantile", "quantile_cont", "quantile_disc", "rank",
        "rank_dense", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2",
        "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "row_number", "sem", "skewness",
        "stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "sumkahan", "var_pop",
        "var_samp", "variance", "wavg", "weighted_avg",
    ),
}  # fmt: skip

#: What may stand after FROM besides the readers: rows made from values.
_ROWS = ("generate_series", "range", "unnest")

#: How DuckDB names what is written as an operator: arithmetic, LIKE and its kin, ||.
_RULE_OPERATORS = (
    "+", "-", "*", "/", "//", "%", "**", "^", "||", "~~", "!~~", "~~*", "!~~*", "like_escape",
    "not_like_escape", "ilike_escape", "not_ilike_escape",
)  # fmt: skip
_OPERATORS = (
    *_RULE_OPERATORS, "&", "|", "<<", ">>", "~", "@", "!__postfix", "->", "->>", "@>", "<@", "&&",
    "^@", "~~~",
)  # fmt: skip

_RULE_PARTS = (
    "CASE", "COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "CAST", "CONSTANT", "COLUMN_REF",
    "FUNCTION",
)  # fmt: skip
_IN_WORDS = {
    "SUBQUERY": "a query within it",
    "WINDOW": "a window over other accounts",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "LAMBDA": "a lambda",
    "SHOW_REF": "DESCRIBE, SHOW or SUMMARIZE",
}


@dataclass(frozen=True)
class Dialect:
    """What one kind of SQL may consist of.

    Attributes
    ----------
    parts : classes of expressions, by DuckDB's own names
    functions, operators : names of functions, in lower case
    after_from : kinds of tables and queries, by DuckDB's own names
    readers : functions that may stand after FROM
    whose : completes "which is not one that ..." for a function that is not listed
    """

    parts: Collection[str]
    functions: Collection[str]
    operators: Collection[str]
    after_from: Collection[str]
    readers: Collection[str]
    whose: str


RULE = Dialect(
    parts=_RULE_PARTS,
    functions=RULE_FUNCTIONS,
    operators=_RULE_OPERATORS,
    after_from=("SELECT_NODE", "EMPTY"),
    readers=(),
    whose="a rule may call (docs/schemes.md)",
)

MAPPING = Dialect(
    parts=(
        *_RULE_PARTS, "SUBQUERY", "WINDOW", "STAR", "LAMBDA", "LAMBDA_REF", "COLLATE",
        "POSITIONAL_REFERENCE", "TYPE",
    ),
    functions=tuple(name for names in FUNCTIONS.values() for name in names),
    operators=_OPERATORS,
    after_from=(
        "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE", "BASE_TABLE",
        "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT",
    ),
    readers=(*READERS, *_ROWS),
    whose="a mapping may call (docs/bring_your_data.md)",
)  # fmt: skip


def parse_select(
    connection: duckdb.DuckDBPyConnection, text: str, *, nothing_else: str
) -> list[dict[str, Any]]:
    """Read a text as SELECT statements, as DuckDB parses them; nothing of it runs.

    Parameters
    ----------
    nothing_else : what to say where a statement is no SELECT

    Raises
    ------
    BadInputError
        It does not parse, or a statement is no SELECT.

    Examples
    --------
    >>> with duckdb.connect() as connection:
    ...     parsed = parse_select(connection, "SELECT 1; SELECT 2", nothing_else="SELECT alone")
    >>> [statement["node"]["type"] for statement in parsed]
    ['SELECT_NODE', 'SELECT_NODE']
    """
    try:
        row = connection.execute("SELECT json_serialize_sql(?)", [text]).fetchone()
        tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    except (RecursionError, duckdb.Error):
        # DuckDB says so of what nests beyond its own limit.
        raise BadInputError("the SQL cannot be read: it is nested too deeply") from None
    if tree.get("error"):
        if tree.get("error_type") == "not implemented":
            raise BadInputError(nothing_else)
        message = str(tree.get("error_message", "no reason"))
        raise BadInputError(f"the SQL cannot be read: {message}{_line(text, tree)}")
    statements: list[dict[str, Any]] = tree["statements"]
    return statements


def _line(text: str, tree: dict[str, Any]) -> str:
    position = str(tree.get("position", ""))
    if not position.isdigit() or "\n" not in text:
        return ""
    line = text.encode()[: int(position)].count(b"\n") + 1
    return f" (line {line})"


def parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every part of a parsed statement, the outermost first.

    Examples
    --------
    >>> [part["class"] for part in parts([{"class": "CAST", "child": {"class": "CONSTANT"}}])]
    ['CAST', 'CONSTANT']
    """
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting += reversed(found.values())
        elif isinstance(found, list):
            waiting += reversed(found)


def refusals(tree: Any, dialect: Dialect) -> tuple[str, ...]:
    """The parts of a parsed statement that the dialect does not have, each once, in words.

    Examples
    --------
    >>> with duckdb.connect() as connection:
    ...     tree = parse_select(connection, "SELECT getenv('HOME')", nothing_else="")
    >>> refusals(tree, RULE)
    ('the function getenv(), which is not one that a rule may call (docs/schemes.md)',)
    """
    tables = [part["function"] for part in parts(tree) if part.get("type") == "TABLE_FUNCTION"]
    after_from = {id(function) for function in tables}
    found = (_refusal(part, dialect, id(part) in after_from) for part in parts(tree))
    return tuple(dict.fromkeys(words for words in found if words is not None))


def _refusal(part: dict[str, Any], dialect: Dialect, is_table: bool) -> str | None:
    kind = part.get("class", part.get("type"))
    if not isinstance(kind, str):
        return None  # the inside of a part: a list of names, a type, a sample
    if is_table:
        return _function_refusal(part, dialect, (), dialect.readers, "table function")
    if "class" not in part:
        allowed = kind in dialect.after_from or kind.endswith(_HARMLESS) or kind in _ORDERS
        return None if allowed else _IN_WORDS.get(kind, kind.lower())
    if kind not in dialect.parts:
        return _IN_WORDS.get(kind, kind.lower())
    if "function_name" in part:
        return _function_refusal(part, dialect, dialect.operators, dialect.functions, "function")
    return None


#: Parts that only say in which order, how many, or of which type.
_HARMLESS = ("_MODIFIER", "_TYPE_INFO")
_ORDERS = ("ORDER_DEFAULT", "ASCENDING", "DESCENDING")


def _function_refusal(
    part: dict[str, Any],
    dialect: Dialect,
    operators: Collection[str],
    known: Collection[str],
    called: str,
) -> str | None:
    name = str(part.get("function_name", "")).lower()
    if name in known or name in operators:
        return None
    hint = did_you_mean(name, known, cutoff=0.8)
    stop = "." if hint else ""
    return f"the {called} {name}(), which is not one that {dialect.whose}{stop}{hint}"

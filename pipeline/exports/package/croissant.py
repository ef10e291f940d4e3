"""The Croissant 1.1 description of a corpus (MLCommons), with what its vocabulary for responsible use asks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.exports.package.shapes import FORMATS, Column, Dictionary, TableShape
from pipeline.exports.package.words import LICENCES, RESPONSIBLE, TITLES

_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The names as the specification spells them: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html."""
_MEDIA = {"jsonl": "application/jsonlines", "csv": "text/csv", "parquet": "application/x-parquet"}
_TYPES = {"string": "sc:Text", "integer": "sc:Integer", "number": "sc:Float"}


def croissant(dictionary: Dictionary, digests: Mapping[str, str], sizes: Mapping[str, int]) -> str:
    """Return the description, as JSON, of tables whose files have these SHA-256 digests and sizes in bytes, by name."""
    about = dictionary.about
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": f"vigie-{about.export}",
        "description": TITLES[about.tier]["en"],
        "version": "1.0.0",
        "datePublished": about.made_at.date().isoformat(),
        "expires": about.ends_at.date().isoformat(),
        "license": LICENCES[about.tier]["en"],
        "inLanguage": ["fr", "en"],
        "creator": {"@type": "sc:Organization", "name": "Vigie"},
        "citeAs": f"Vigie, corpus {about.export}, {about.made_at.year}",
        "isLiveDataset": False,
        "distribution": [_file(name, digests[name], sizes[name]) for name in sorted(digests)],
        "recordSet": [_record_set(shape) for shape in dictionary.tables],
    }
    return json.dumps(described | dict(RESPONSIBLE), ensure_ascii=False, indent=2) + "\n"


def _file(name: str, digest: str, size: int) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{size} B",
        "encodingFormat": _MEDIA[name.rpartition(".")[2]],
        "sha256": digest,
    }


def _record_set(shape: TableShape) -> dict[str, Any]:
    """Return a table as its Parquet file holds it: the one of the three formats that keeps types."""
    return {
        "@type": "cr:RecordSet",
        "@id": shape.name,
        "name": shape.name,
        "field": list(_fields(shape)),
    }


def _fields(shape: TableShape) -> Iterator[dict[str, Any]]:
    for column in shape.columns:
        yield {
            "@type": "cr:Field",
            "@id": f"{shape.name}/{column.name}",
            "name": column.name,
            "description": _meaning(column),
            "dataType": _TYPES[column.type],
            "source": {"fileObject": {"@id": f"{shape.name}.{FORMATS[-1]}"}, "extract": {"column": column.name}},
        }


def _meaning(column: Column) -> str:
    return f"{column.en} / {column.fr}"

"""Spans of a line that a translation holds unchanged: tags, placeholders, numbers, and more.

>>> from seq2seq.text.spans.finding import find_spans
>>> from seq2seq.text.spans.rules import SpanRules
>>> rules = SpanRules(patterns=["ACME-[0-9]+"], words=["Tool Box"])
>>> line = "Hi {name}, <b>3 files</b> of ACME-7 are in Tool Box."
>>> spans = find_spans(line, rules)
>>> [(span.kind, span.text) for span in spans]  # doctest: +NORMALIZE_WHITESPACE
[('placeholder', '{name}'), ('tag', '<b>'), ('number', '3'), ('tag', '</b>'), ('custom', 'ACME-7'),
 ('word', 'Tool Box')]

Spans are replaced by numbered symbols, and come back:

>>> from seq2seq.text.spans.masking import mask, unmask
>>> masked = mask(line, spans, "[{}]".format)
>>> masked.line
'Hi [0], [1][2] files[3] of [4] are in [5].'
>>> unmask(masked.line, masked.spans, "[{}]".format) == line
True

Opening and closing spans pair, by their indices:

>>> from seq2seq.text.spans.pairing import pair_tags
>>> pair_tags(spans)
{1: 3}

A translation is checked, and a pair compared:

>>> from seq2seq.text.spans.comparison import check_spans, choose_kinds, spans_in_common
>>> errors = check_spans(spans, "Hallo {name}, <b>4 Dateien</b> von ACME-7: Tool Box.", rules)
>>> [span.text for span in errors.missing], [span.text for span in errors.extra]
(['3'], ['4'])
>>> common = spans_in_common("3 files in {x}", "{x}: drei Dateien", rules)
>>> [source.text for source, target in common.pairs], [span.text for span in common.source_only]
(['{x}'], ['3'])
>>> choose_kinds([("3 files", "3 Dateien"), ("{x} is 2", "{x} ist zwei")], rules).kinds
('custom', 'word', 'placeholder')

Messages of ICU are parsed, and their sentences translated one by one:

>>> from seq2seq.text.spans.icu import parse
>>> from seq2seq.text.spans.icu_sentences import expand, rebuild
>>> message = parse("Delete {n, plural, one {# file} other {# files}}?")
>>> [sentence.text for sentence in expand(message)]
['Delete {#n} file?', 'Delete {#n} files?']
>>> german = {(("n", "one"),): "{#n} Datei löschen?", (("n", "other"),): "{#n} Dateien löschen?"}
>>> rebuild(message, german, "de")
'{n, plural, one {# Datei löschen?} other {# Dateien löschen?}}'
"""

"""Documents: text with a structure that a translation keeps, such as catalogues and subtitles.

>>> from seq2seq.documents.registry import parse_document
>>> document = parse_document(b'{"title": "Hello", "id": 7}', "json")
>>> [(segment.text, segment.location) for segment in document.segments]
[('Hello', 'title')]
>>> from seq2seq.documents.document import SegmentTranslation
>>> document.write([SegmentTranslation("Hallo")])
b'{"title": "Hallo", "id": 7}'
"""

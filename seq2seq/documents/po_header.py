"""The header of .po files: language, charset and plural forms.

The formulas are those of gettext's manual, for the languages that it lists.
https://www.gnu.org/software/gettext/manual/html_node/Plural-forms.html
"""

import re

from seq2seq.documents.po_syntax import Entry
from seq2seq.documents.source_text import Edit, SourceText
from seq2seq.text.languages import base_language

_TENS = "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20)"
_FORMULAS = {
    "nplurals=1; plural=0;": "id ja ko lo ms th vi zh",
    "nplurals=2; plural=(n != 1);": (
        "af bg ca da de el en eo es et eu fi gl he hu it ka nb nl nn no pt sq sv sw ta te tr ur"
    ),
    "nplurals=2; plural=(n > 1);": "fa fr hi hy pt_BR",
    f"nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : {_TENS} ? 1 : 2);": "be bs hr ru sr uk",
    "nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;": "cs sk",
    f"nplurals=3; plural=(n==1 ? 0 : {_TENS} ? 1 : 2);": "pl",
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);": "lv",
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);": (
        "lt"
    ),
    "nplurals=3; plural=n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2;": "ro",
    "nplurals=3; plural=n==1 ? 0 : n==2 ? 1 : 2;": "ga",
    "nplurals=4; plural=n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3;": "sl",
    "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
    "n%100>=11 ? 4 : 5;": "ar",
}
_BY_LANGUAGE = {
    language: formula for formula, languages in _FORMULAS.items() for language in languages.split()
}
_COUNT = re.compile(r"nplurals\s*=\s*(\d)\s*;")
# Lines of a template, as xgettext writes them, that msginit fills in.
_EMPTY_LANGUAGE = re.compile(r'"Language: *\\n"')
_EMPTY_FORMS = re.compile(r'"Plural-Forms: *(?:nplurals=INTEGER; plural=EXPRESSION;)?\\n"')


def plural_formula(language: str) -> str | None:
    """Return the value of `Plural-Forms` for a language code; None where it is not known."""
    code = language.replace("-", "_")
    return _BY_LANGUAGE.get(code) or _BY_LANGUAGE.get(code.partition("_")[0].lower())


def number_of_forms(header: str, language: str) -> int:
    """Return how many plural forms a catalogue has, by its header or its language; 0: unknown."""
    found = _COUNT.search(header) or _COUNT.search(plural_formula(language) or "")
    return int(found[1]) if found else 0


def singular_form(count: int, language: str) -> int:
    """Return the index of the form that is for 1; -1 where all numbers have one form."""
    if count == 1:
        return -1
    return 1 if base_language(language) == "ar" else 0


def header_edits(source: SourceText, header: Entry, language: str, has_plurals: bool) -> list[Edit]:
    """Return the edits that fill in the header of a template."""
    edits, msgstr = list[Edit](), header.fields["msgstr"]
    formula = plural_formula(language)
    if language and (found := _EMPTY_LANGUAGE.search(source.text, msgstr.start, msgstr.end)):
        code = language.replace("-", "_")
        edits.append(Edit(*found.span(), f'"Language: {code}\\n"'))
    charset = source.text.find("charset=CHARSET", msgstr.start, msgstr.end)
    if charset >= 0:
        edits.append(Edit(charset, charset + len("charset=CHARSET"), "charset=UTF-8"))
        edits += header.fuzzy_edits(source, is_fuzzy=False)
    if formula and (found := _EMPTY_FORMS.search(source.text, msgstr.start, msgstr.end)):
        edits.append(Edit(*found.span(), f'"Plural-Forms: {formula}\\n"'))
    elif formula and has_plurals and "Plural-Forms:" not in msgstr.text:
        line = f'{source.newline}"Plural-Forms: {formula}\\n"'
        edits.append(Edit(msgstr.end, msgstr.end, line))
    return edits

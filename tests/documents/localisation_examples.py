"""A document of each format of localisation, and what it is with all its texts in capitals."""

_UNIT_1 = "<trans-unit id='1'>\n <source>A &amp; b</source>{}\n</trans-unit>"
_UNIT_2 = "<segment{}><source>And c</source>{}</segment>"
LOCALISATION_EXAMPLES = {
    "xliff": (
        f"<xliff version='1.2'><file target-language='x'>{_UNIT_1.format('')}</file></xliff>\r\n",
        "<xliff version='1.2'><file target-language='x'>"
        + _UNIT_1.format('\n <target state="translated">A &amp; B</target>')
        + "</file></xliff>\r\n",
    ),
    "tmx": (
        "<tmx><body><tu>\n <tuv xml:lang='en-GB'><seg>One</seg></tuv>\n</tu></body></tmx>",
        "<tmx><body><tu>\n <tuv xml:lang='en-GB'><seg>One</seg></tuv>"
        '\n <tuv xml:lang="de"><seg>ONE</seg></tuv>\n</tu></body></tmx>',
    ),
    "android": (
        "<resources>\n <string name='a'>Don\\'t <!-- c --></string>\n"
        ' <string translatable="false">x</string>\n</resources>\n',
        "<resources>\n <string name='a'>DON\\'T <!-- c --></string>\n"
        ' <string translatable="false">x</string>\n</resources>\n',
    ),
    "strings": (
        '/* a = "b"; */\r\n"a" = "Say \\"no\\"";\r\nb="c";// "d" = "e";',
        '/* a = "b"; */\r\n"a" = "SAY \\"NO\\"";\r\nb="C";// "d" = "e";',
    ),
    "xcstrings": (
        '{"sourceLanguage": "en", "strings": {"a b": {}, "c": {"shouldTranslate": false}}}\n',
        '{"sourceLanguage": "en", "strings": {"a b": {"localizations": {"de": {"stringUnit": '
        '{"state": "translated","value": "A B"}}}}, "c": {"shouldTranslate": false}}}\n',
    ),
    "properties": (
        "# a = b\n a\\ b : c \\u00e4\\\n   d\r\ne=\\\\f",
        "# a = b\n a\\ b : C \\u00c4D\r\ne=\\\\F",
    ),
    "yaml": (
        "a: b c # d\r\ne:\n- 'it''s'\n- \"x\\u00e4\"\n- |\n  f\n- 12\n",
        "a: B C # d\r\ne:\n- 'IT''S'\n- \"XÄ\"\n- |\n  F\n- 12\n",
    ),
}

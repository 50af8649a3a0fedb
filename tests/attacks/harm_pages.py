"""What would run in the browser, the spreadsheet or the terminal of whoever looks at the marks.

``attack`` stands in each piece, so that a test finds it in the pages.
"""

import nbformat

from attacks import Work, case

PIECES = (
    "<script>attack()</script>",
    "<img src=x onerror=attack()>",
    "<svg onload=attack()><a xlink:href='javascript:attack()'>x</a></svg>",
    "<a href='javascript:attack()'>attack</a> <a href='JaVaScRiPt&colon;attack()'>attack</a>",
    "<iframe srcdoc='<script>attack()</script>' src='http://attack.invalid'></iframe>",
    "<form action='http://attack.invalid'><button formaction='javascript:attack()'>x</button>",
    "<object data='http://attack.invalid/x.swf'></object><embed src='http://attack.invalid'>",
    "<base href='http://attack.invalid/'>",
    "<meta http-equiv='refresh' content='0;http://attack.invalid'>",
    "<link rel='stylesheet' href='http://attack.invalid/x.css'>",
    "<style>@import 'attack.invalid'; .panel { display: none }</style>",
    "<div style='position:fixed;inset:0;background:url(http://attack.invalid/x.png)'>attack</div>",
    "<math><mglyph><style><!--</style><img title='--><img src=x onerror=attack()>'>",
    "</pre></div></body></html><script>attack()</script>",
    "<details ontoggle=attack() open><input autofocus onfocus=attack()></details>",
    "<!--><script>attack()</script>-->",
    "<noscript><p title='</noscript><img src=x onerror=attack()>'>",
)


@case("harm", group="scripts")
def script_in_texts(work: Work):
    for piece in PIECES:
        work.add(piece, type="markdown")
        work.add(piece, type="raw")
    work.add(
        "[attack](javascript:attack\\(\\)) ![attack](http://attack.invalid/x.png)", type="markdown"
    )
    work.add("$\\href{javascript:attack()}{attack}$ `<script>attack()</script>`", type="markdown")
    work.add("```html\n</code></pre><script>attack()</script>\n```", type="markdown")
    work.add("<script>attack()</script>", type="raw").metadata.raw_mimetype = "text/html"


@case("harm", group="scripts")
def script_in_code(work: Work):
    """The learner's code is shown, too."""
    lines = "\n".join(f"# {piece}" for piece in PIECES)
    work.extend("one-hot", above=lines)
    work.add(f"{lines}\n'</textarea></pre><script>attack()</script>'", before="inject-label")


@case("harm", group="scripts")
def script_in_outputs(work: Work):
    pieces = "".join(PIECES)
    work.add(
        f"""
from IPython.display import HTML, SVG, Javascript, JSON, Latex, Markdown, display

pieces = {pieces!r}
display(HTML(pieces), Markdown(pieces), Latex(pieces), JSON({{"attack": pieces}}))
display(Javascript("attack()"), SVG("<svg onload='attack()'></svg>"))
display({{"text/html": pieces, "text/plain": pieces, "application/javascript": "attack()",
         "image/svg+xml": "<svg><script>attack()</script></svg>",
         "application/vnd.jupyter.widget-view+json": {{"model_id": "</script>" + pieces}},
         "application/vnd.plotly.v1+json": {{"x": pieces}}, "application/pdf": pieces,
         "image/png": '" onerror="attack()" x="', "image/jpeg": pieces}}, raw=True,
        metadata={{"image/png": {{"width": '" onerror="attack()', "alt": '" onload="attack()'}}}})
print(pieces)
print("\\x1b]8;;javascript:attack()\\x07attack\\x1b]8;;\\x07\\x1b[31m</span>" + pieces)
raise ValueError(pieces)
""",
        before="inject-label",
    )


@case("harm", group="scripts")
def script_in_stored_outputs(work: Work):
    """Outputs and states that came with the file."""
    for piece in PIECES:
        cell = work.add("1 + 1")
        data = {"text/html": piece, "application/javascript": "attack()"}
        cell.outputs = [nbformat.v4.new_output("display_data", data)]
    state = {"state": {"x": {"model_module": "</script><script>attack()</script>", "state": {}}}}
    work.notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": state}
    work.notebook.metadata.title = "</title><script>attack()</script>"
    work.notebook.metadata.authors = [{"name": "<script>attack()</script>"}]
    work.notebook.metadata.language_info = {
        "name": "x</style><script>attack()</script>",
        "pygments_lexer": "</script><script>attack()</script>",
        "codemirror_mode": {"name": '"><script>attack()</script>'},
    }
    work.notebook.cells[-1].id = "x" * 60
    work.notebook.cells[-1].metadata.tags = [
        '"><script>attack()</script>',
        "attack onload=attack()",
    ]


@case("harm", less="one-hot inject-label")
def script_in_errors(work: Work):
    """The sentences of a verdict quote the learner's errors and types."""
    work.answer(
        "one-hot",
        f"""
        def one_hot(labels, num_classes):
            raise ValueError("\\x1b[2J" + {"".join(PIECES[:4])!r})
        """,
    )
    work.answer(
        "inject-label",
        f"""
        def inject(h, e, how):
            return type({PIECES[0]!r} + "\\x1b[2J", (), {{}})()
        """,
    )


@case("harm", problem=None, student="=HYPERLINK('attack.invalid')")
def formula_as_a_name(work: Work):
    """A spreadsheet would compute the name of this student's folder."""


@case("harm", problem=None, student="@SUM(1+1)|cmd,'attack'!A0")
def another_formula_as_a_name(work: Work):
    """The same with a comma, and with an @."""


@case("harm", problem=None, student="<img src=x onerror=attack()>")
def script_as_a_name(work: Work):
    """The name stands in the report and on pages."""


@case("harm", problem=None, student="esc\x1b[2J\x1b]0;attack\x07\rname\nof two lines")
def control_codes_as_a_name(work: Work):
    """A terminal would be cleared, a table broken."""


@case("harm", problem=True)
def control_codes_in_a_file_name(work: Work):
    """A sentence about the submission names the files that were handed in."""
    other = work.folder / "\x1b[2J<script>attack()<\\script>.ipynb"
    nbformat.write(work.notebook, other)
    return b""


@case("harm", problem=None, student="a" * 200)
def a_very_long_name(work: Work):
    """Longer than any column."""


@case("harm", problem=None, student="x' OR '1'='1")
def sql_as_a_name(work: Work):
    """The gradebook is a database."""

"""Go's text/template, as alerting rules and messages are written in it.  Pure, and bounded in steps and output.

What a template sees: texts, whole numbers (Go's int), fractions (float64), truth values, lists, mappings, `StringMap`
(whose missing keys are empty texts), and `Struct`, whose fields may be functions (Go's methods).  Source: the package
documentation of Go's text/template and fmt; messages of errors are worded as Go's.
"""

from obsv.core.gotemplate.functions import Function
from obsv.core.gotemplate.parse import parse_template
from obsv.core.gotemplate.run import Limits, Spent, render
from obsv.core.gotemplate.values import StringMap, Struct, TemplateFailed, TypedList, show
from obsv.core.gotemplate.verbs import sprintf

__all__ = [
    "Function",
    "Limits",
    "Spent",
    "StringMap",
    "Struct",
    "TemplateFailed",
    "TypedList",
    "parse_template",
    "render",
    "show",
    "sprintf",
]

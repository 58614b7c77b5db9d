"""How long a text may be, as the description says it."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class UpTo:
    """Annotates a text with the most characters that it may have, blanks at its ends included.

    The check of the text comes first: it counts what is left without them, and says more.
    """

    characters: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._bounded, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "maxLength": self.characters}

    def _bounded(self, text: Any, check: ValidatorFunctionWrapHandler) -> Any:
        checked = check(text)
        if len(text) > self.characters:
            details = {"max_length": self.characters}
            raise PydanticCustomError("string_too_long", "at most {max_length} characters", details)
        return checked

#pragma once
// Texts of a catalogue that went through HTML.

#include <string>
#include <string_view>

namespace kassaflow::fiscal {

// Entities decoded as often as they were encoded, known tags and comments as blanks. A text without "&" and "<" stays
// as it is; so does an entity or a tag that HTML does not know ("<M8>", "A&B").
[[nodiscard]] std::string without_markup(std::string_view text);

}  // namespace kassaflow::fiscal

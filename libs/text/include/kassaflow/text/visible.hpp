#pragma once
// Texts from outside, shown to people: nothing in them is unseen, moves what stands beside it, or speaks to the
// terminal. Made visible are control characters (also DEL and U+0080–9F), line and paragraph separators, what turns the
// direction of writing, what is shown as nothing (Unicode's Default_Ignorable_Code_Point: zero-width characters, soft
// hyphens, fillers, tags, …), and bytes that are no UTF-8. What makes an emoji of several characters stays as it is
// between them. Pure; thread-safe.

#include <string>
#include <string_view>

namespace kassaflow {

// For a cell of a table, a line of an error, a text of the portal's form: `\n`, `\t`, `\u001b`, `\u202e`, `\U000e0067`,
// and `\xff` for a byte that is no UTF-8. The result is one line of UTF-8.
[[nodiscard]] std::string visible(std::string_view text);

// The text as a JSON string with its quotes, which a terminal can be shown, too. Whoever parses it gets the text back;
// of a text that is not UTF-8, with `\xff` in the place of such a byte.
void append_json(std::string& out, std::string_view text);

}  // namespace kassaflow

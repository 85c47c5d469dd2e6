#pragma once
// What Unicode knows of a character that CP866 lacks (ICU).

#include <string>
#include <string_view>

namespace kassaflow::fiscal::letters {

// Letters and their combining marks as one character where Unicode has one (NFC). Malformed bytes become U+FFFD.
[[nodiscard]] std::u32string composed(std::string_view utf8);

[[nodiscard]] bool is_mark(char32_t c);  // combining, shown over or under the letter before it

// The characters `c` is made of: é is e and a mark, ½ is 1⁄2, ﬁ is fi (NFKD); of a Latin letter that is made of
// nothing, its plain spelling (ø is o, ß is ss). Only `c` itself when Unicode has nothing better.
[[nodiscard]] std::u32string parts(char32_t c);

}  // namespace kassaflow::fiscal::letters

// Form::parse: split, decode, place in the tree, settle the charset.

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "form_tree.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "text.hpp"

namespace kassaflow::bitrix24 {

namespace {

constexpr std::size_t kMaxSegments = 16;

struct Path {
  std::array<std::string_view, kMaxSegments> segment;
  std::size_t size = 0;
  bool too_deep = false;
};

// `a[b][]` into a, b and an empty segment. As PHP: what follows a closed bracket without opening another is ignored, a
// bracket that is never closed belongs to the name.
Path split_key(std::string_view key, std::size_t depth_limit) {
  Path path;
  const std::size_t open = key.find('[');
  if (open == 0 || open == std::string_view::npos || key.find(']', open) == std::string_view::npos) {
    path.segment[path.size++] = key;
    return path;
  }
  path.segment[path.size++] = key.substr(0, open);
  std::string_view rest = key.substr(open);
  while (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) break;
    if (path.size == depth_limit) {
      path.too_deep = true;
      return path;
    }
    path.segment[path.size++] = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  return path;
}

// PHP objects of old builds and fields of custom handlers (protocols/bitrix24.md §5.8).
bool is_noise(const Path& path) {
  if (path.segment[0] == "order") return true;
  for (std::size_t i = 0; i < path.size; i += 2) {
    if (path.segment[i] == "additional_params" || path.segment[i] == "entity") return true;
  }
  return false;
}

// Values that are shown, printed or compared as text; all others keep their bytes.
bool is_text(const Path& path) {
  return path.size == 1 || path.segment[0] == "cashbox_params" || path.segment[path.size - 1] == "name";
}

// The number PHP would store a decimal key as; -1 for a string key.
std::int64_t as_index(std::string_view key) {
  if (key.empty() || key.size() > 18 || (key[0] == '0' && key.size() > 1)) return -1;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  return error == std::errc() && end == key.data() + key.size() && key[0] != '-' ? number : -1;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Keyed, so that nobody can choose keys that collide. The results of parsing do not depend on the key.
struct HashKey {
  std::array<unsigned char, crypto_shorthash_KEYBYTES> bytes{};
  HashKey() { randombytes_buf(bytes.data(), bytes.size()); }
};

std::uint64_t hash_of(std::uint32_t scope, std::string_view key) {
  static const HashKey hash_key;
  std::array<unsigned char, crypto_shorthash_BYTES> out{};
  crypto_shorthash(out.data(), reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash_key.bytes.data());
  std::uint64_t value = 0;
  for (const unsigned char byte : out) value = value << 8 | byte;
  return value ^ (static_cast<std::uint64_t>(scope) * 0x9E3779B97F4A7C15ULL);
}

std::string at_pair(std::size_t pair) { return "пара " + std::to_string(pair); }

}  // namespace

class Form::Parser {
 public:
  Parser(std::string_view body, const FormLimits& limits) : body_(body), limits_(limits) {}

  Result<Form> run() {
    if (body_.size() > limits_.body_bytes) {
      return fail("form.too_large", "Тело запроса больше " + std::to_string(limits_.body_bytes) + " байт.");
    }
    form_.decoded_ = std::make_unique_for_overwrite<char[]>(body_.size() + 1);
    write_ = form_.decoded_.get();
    form_.entries_.reserve(128);
    form_.entries_.push_back(Entry{.list = true});
    table_.assign(512, 0);
    for (std::size_t at = 0; at < body_.size();) {
      const std::size_t end = std::min(body_.find('&', at), body_.size());
      if (end > at) {
        if (auto placed = pair(at, end); !placed) return tl::unexpected(std::move(placed.error()));
      }
      at = end + 1;
    }
    if (auto settled = settle_charset(); !settled) return tl::unexpected(std::move(settled.error()));
    return std::move(form_);
  }

 private:
  Result<void> pair(std::size_t begin, std::size_t end) {
    if (++pairs_ > limits_.pairs) {
      return fail("form.pairs", "В теле запроса больше " + std::to_string(limits_.pairs) + " полей.");
    }
    const std::size_t equals = std::min(body_.substr(0, end).find('=', begin), end);
    const auto key = decode(begin, equals);
    if (!key) return tl::unexpected(key.error());
    const auto value = decode(std::min(equals + 1, end), end);
    if (!value) return tl::unexpected(value.error());
    if (key->empty()) return {};
    if (key->size() > limits_.key_bytes) return fail("form.key", "Слишком длинное имя поля: " + at_pair(pairs_) + ".");

    const Path path = split_key(*key, std::min(limits_.depth, kMaxSegments));
    if (is_noise(path)) return {};
    if (path.too_deep) return fail("form.depth", "Слишком глубокая вложенность полей: " + at_pair(pairs_) + ".");
    if (path.size > 1 && as_index(path.segment[1]) > static_cast<std::int64_t>(limits_.index)) {
      return fail("form.index", "Слишком большой номер в поле: " + at_pair(pairs_) + ".");
    }
    const bool text = is_text(path);
    if (text) {
      if (auto seen = see_text(*value); !seen) return seen;
    }
    return place(path, *value, text);
  }

  Result<std::string_view> decode(std::size_t begin, std::size_t end) {
    char* const start = write_;
    for (std::size_t at = begin; at < end; ++at) {
      const char c = body_[at];
      if (c == '+') {
        *write_++ = ' ';
      } else if (c != '%') {
        *write_++ = c;
      } else {
        const bool whole = at + 2 < end;
        const int high = whole ? hex_digit(body_[at + 1]) : -1;
        const int low = whole ? hex_digit(body_[at + 2]) : -1;
        if (high < 0 || low < 0) {
          return fail("form.encoding", "Тело запроса повреждено: неверный код после знака % (" + at_pair(pairs_) +
                                           ", байт " + std::to_string(at) + ").");
        }
        *write_++ = static_cast<char>(high * 16 + low);
        at += 2;
      }
    }
    return std::string_view(start, static_cast<std::size_t>(write_ - start));
  }

  Result<void> see_text(std::string_view value) {
    if (value.find('\0') != std::string_view::npos) {
      return fail("form.nul", "Недопустимый нулевой символ в тексте: " + at_pair(pairs_) + ".");
    }
    if (is_ascii(value)) return {};
    if (fiscal::is_utf8(value)) {
      utf8_seen_ = true;
    } else {
      constexpr char kUnassigned = '\x98';  // the one byte windows-1251 lacks
      if (broken_pair_ == 0) broken_pair_ = pairs_;
      not_cp1251_ = not_cp1251_ || value.find(kUnassigned) != std::string_view::npos;
    }
    return {};
  }

  Result<void> place(const Path& path, std::string_view value, bool text) {
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < path.size; ++i) {
      Entry& parent = form_.entries_[at];
      if (!parent.list) {
        parent.list = true;
        parent.value = {};
      }
      std::string_view key = path.segment[i];
      if (i > 0 && key.empty()) {
        if (parent.next_index > limits_.index)
          return fail("form.index", "Слишком много элементов: " + at_pair(pairs_) + ".");
        key = form_.made_texts_.emplace_front(std::to_string(parent.next_index));
      }
      const Entry& before = form_.entries_[trail_[i]];
      const bool same_as_before = before.parent_scope == parent.scope && before.key == key;
      at = same_as_before ? trail_[i] : find_or_add(at, key);
      if (form_.entries_.size() > limits_.nodes) return fail("form.nodes", "В теле запроса слишком много полей.");
      trail_[i] = at;
    }
    set_scalar(form_.entries_[at], value, text);
    return {};
  }

  void set_scalar(Entry& leaf, std::string_view value, bool text) {
    if (leaf.list) {
      leaf.list = false;
      leaf.first_child = leaf.last_child = leaf.next_index = 0;
      leaf.scope = ++last_scope_;
    }
    leaf.value = value;
    leaf.text = text;
  }

  std::uint32_t find_or_add(std::uint32_t parent_at, std::string_view key) {
    const std::uint32_t scope = form_.entries_[parent_at].scope;
    std::size_t slot = hash_of(scope, key) & (table_.size() - 1);
    for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1)) {
      const Entry& known = form_.entries_[table_[slot]];
      if (known.parent_scope == scope && known.key == key) return table_[slot];
    }
    const auto made = static_cast<std::uint32_t>(form_.entries_.size());
    table_[slot] = made;
    form_.entries_.push_back(Entry{.key = key, .scope = ++last_scope_, .parent_scope = scope});
    Entry& parent = form_.entries_[parent_at];
    (parent.first_child == 0 ? parent.first_child : form_.entries_[parent.last_child].next) = made;
    parent.last_child = made;
    if (const std::int64_t index = as_index(key);
        index >= parent.next_index && index <= static_cast<std::int64_t>(limits_.index)) {
      parent.next_index = static_cast<std::uint32_t>(index + 1);
    }
    if (form_.entries_.size() * 2 > table_.size()) grow();
    return made;
  }

  void grow() {
    std::vector<std::uint32_t> bigger(table_.size() * 4, 0);
    for (std::uint32_t at = 1; at < form_.entries_.size(); ++at) {
      std::size_t slot = hash_of(form_.entries_[at].parent_scope, form_.entries_[at].key) & (bigger.size() - 1);
      while (bigger[slot] != 0) slot = (slot + 1) & (bigger.size() - 1);
      bigger[slot] = at;
    }
    table_ = std::move(bigger);
  }

  // Old portals send windows-1251 (protocols/bitrix24.md §3.1) and say so nowhere. A body with both is broken, not old:
  // guessing would print a wrong name.
  Result<void> settle_charset() {
    if (broken_pair_ == 0) return {};
    if (utf8_seen_ || not_cp1251_) {
      return fail("form.charset", "Текст в неизвестной кодировке: " + at_pair(broken_pair_) + ".");
    }
    form_.charset_ = Charset::windows_1251;
    for (Entry& entry : form_.entries_) {
      if (!entry.text || is_ascii(entry.value)) continue;
      entry.value = form_.made_texts_.emplace_front(fiscal::from_windows_1251(entry.value));
    }
    return {};
  }

  const std::string_view body_;
  const FormLimits& limits_;
  Form form_;
  char* write_ = nullptr;
  std::size_t pairs_ = 0;
  std::vector<std::uint32_t> table_;  // open addressing; 0 = free
  std::uint32_t last_scope_ = 0;
  std::array<std::uint32_t, kMaxSegments> trail_{};  // the nodes of the pair before: its siblings share most of them
  std::size_t broken_pair_ = 0;
  bool utf8_seen_ = false;
  bool not_cp1251_ = false;
};

Result<Form> Form::parse(std::string_view body, const FormLimits& limits) { return Parser(body, limits).run(); }

}  // namespace kassaflow::bitrix24

// Form::parse: split, decode, place in the tree, settle the charset.

#include <sodium.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "form_path.hpp"
#include "form_tree.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::bitrix24 {

namespace {

constexpr std::size_t kShownKey = 64;       // characters of a key in an error text
constexpr std::size_t kLookedThrough = 16;  // children of a node, before all nodes are hashed

// By byte: its value as a hexadecimal digit, -1 for others.
constexpr std::array<signed char, 256> kHex = [] {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<signed char>(i);
  for (int i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<signed char>(10 + i);
  return values;
}();

int hex_digit(char c) { return kHex[static_cast<unsigned char>(c)]; }

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

// "пара 3, поле «items[0][name]»"
std::string at_pair(std::size_t pair, std::string_view key) {
  return "пара " + std::to_string(pair) + ", поле «" + fiscal::receipt_text(fiscal::cut(key, kShownKey), kShownKey) +
         "»";
}

}  // namespace

class Form::Parser {
 public:
  Parser(std::string_view body, const FormLimits& limits) : body_(body), limits_(limits) {}

  Result<Form> run() {
    if (body_.size() > limits_.body_bytes) {
      return fail(kFormTooLarge, "Тело запроса больше " + std::to_string(limits_.body_bytes) + " байт.");
    }
    form_.decoded_ = std::make_unique_for_overwrite<char[]>(body_.size() + 1);
    write_ = form_.decoded_.get();
    form_.entries_.reserve(128);
    form_.entries_.push_back(Entry{.list = true});
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
      return fail(kFormPairs, "В теле запроса больше " + std::to_string(limits_.pairs) + " полей.");
    }
    const std::size_t equals = std::min(body_.substr(0, end).find('=', begin), end);
    key_ = body_.substr(begin, equals - begin);
    const auto key = decode(begin, equals);
    if (!key) return tl::unexpected(key.error());
    if (key->empty()) return {};
    key_ = *key;
    const FormPath path = split_key(*key, limits_.depth);
    const Role role = role_of(path);
    if (role == Role::ignored) return {};

    if (key->size() > limits_.key_bytes) return fail(kFormKey, "Слишком длинное имя поля: " + here() + ".");
    if (path.too_deep) return fail(kFormDepth, "Слишком глубокая вложенность полей: " + here() + ".");
    for (std::size_t i = 1; i < path.size; ++i) {
      if (as_index(path.segment[i]) <= static_cast<std::int64_t>(limits_.index)) continue;
      return fail(kFormIndex, "Слишком большой номер: " + here() + ".");
    }
    const auto value = decode(std::min(equals + 1, end), end);
    if (!value) return tl::unexpected(value.error());
    if (role != Role::bytes) {
      if (auto seen = see_text(*value); !seen) return seen;
    }
    return place(path, *value, role);
  }

  [[nodiscard]] std::string here() const { return at_pair(pairs_, key_); }

  Result<std::string_view> decode(std::size_t begin, std::size_t end) {
    // Local, because what is written through a char* might be a member.
    const char* const last = body_.data() + end;
    char* to = write_;
    for (const char* from = body_.data() + begin; from < last; ++from) {
      if (*from == '+') {
        *to++ = ' ';
      } else if (*from != '%') {
        *to++ = *from;
      } else {
        const bool whole = last - from > 2;
        const int high = whole ? hex_digit(from[1]) : -1;
        const int low = whole ? hex_digit(from[2]) : -1;
        if (high < 0 || low < 0) {
          return fail(kFormEncoding, "Тело запроса повреждено: неверный код после знака % (" + here() + ", байт " +
                                         std::to_string(from - body_.data()) + ").");
        }
        *to++ = static_cast<char>(high * 16 + low);
        from += 2;
      }
    }
    const char* const start = std::exchange(write_, to);
    return std::string_view(start, static_cast<std::size_t>(to - start));
  }

  Result<void> see_text(std::string_view value) {
    if (value.find('\0') != std::string_view::npos) {
      return fail(kFormNul, "Недопустимый нулевой символ в тексте: " + here() + ".");
    }
    if (ascii::is_ascii(value)) return {};
    const fiscal::Utf8Shape shape = fiscal::utf8_shape(value);
    characters_ += shape.characters;
    stray_ += shape.stray;
    if (shape.well_formed()) {
      cyrillic_seen_ = cyrillic_seen_ || shape.cyrillic > 0;
      return {};
    }
    // One byte alone is a letter of windows-1251 as well as half of one; only two lead bytes begin Russian letters.
    const bool half_letter = shape.cut_bytes > 1 || shape.cut_lead == 0xD0 || shape.cut_lead == 0xD1;
    if (shape.cut_bytes > 0 && !half_letter) cut_in_doubt_ = true;
    if (broken_text_.empty()) broken_text_ = here();
    constexpr char kUnassigned = '\x98';  // the one byte windows-1251 lacks
    not_cp1251_ = not_cp1251_ || value.find(kUnassigned) != std::string_view::npos;
    return {};
  }

  Result<void> place(const FormPath& path, std::string_view value, Role role) {
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < path.size; ++i) {
      Entry& parent = form_.entries_[at];
      if (!parent.list) {
        parent.list = true;
        parent.value = {};
      }
      std::string_view key = path.segment[i];
      if (i > 0 && key.empty()) {
        if (parent.next_index > limits_.index) return fail(kFormIndex, "Слишком много элементов: " + here() + ".");
        key = form_.made_texts_.emplace_front(std::to_string(parent.next_index));
      }
      const Entry& before = form_.entries_[trail_[i]];
      const bool same_as_before = before.parent_scope == parent.scope && before.key == key;
      at = same_as_before ? trail_[i] : find_or_add(at, key);
      if (form_.entries_.size() > limits_.nodes) return fail(kFormNodes, "В теле запроса слишком много полей.");
      trail_[i] = at;
    }
    set_scalar(form_.entries_[at], value, role);
    return {};
  }

  void set_scalar(Entry& leaf, std::string_view value, Role role) {
    if (leaf.list) {
      leaf.list = false;
      leaf.first_child = leaf.last_child = leaf.next_index = 0;
      leaf.scope = ++last_scope_;
    }
    leaf.value = value;
    leaf.role = role;
  }

  std::uint32_t find_or_add(std::uint32_t parent_at, std::string_view key) {
    if (const std::uint32_t known = find(parent_at, key); known != 0) return known;
    const auto made = static_cast<std::uint32_t>(form_.entries_.size());
    form_.entries_.push_back(
        Entry{.key = key, .scope = ++last_scope_, .parent_scope = form_.entries_[parent_at].scope});
    Entry& parent = form_.entries_[parent_at];
    (parent.first_child == 0 ? parent.first_child : form_.entries_[parent.last_child].next) = made;
    parent.last_child = made;
    if (const std::int64_t index = as_index(key);
        index >= parent.next_index && index <= static_cast<std::int64_t>(limits_.index)) {
      parent.next_index = static_cast<std::uint32_t>(index + 1);
    }
    if (!table_.empty()) remember(made);
    return made;
  }

  // 0: the parent has no such child. Few children are looked through; the first parent with more of them makes the
  // table.
  std::uint32_t find(std::uint32_t parent_at, std::string_view key) {
    if (table_.empty()) {
      std::size_t seen = 0;
      for (std::uint32_t at = form_.entries_[parent_at].first_child; at != 0; at = form_.entries_[at].next) {
        if (form_.entries_[at].key == key) return at;
        ++seen;
      }
      if (seen < kLookedThrough) return 0;
      make_table(form_.entries_.size() * 4);
    }
    const std::uint32_t scope = form_.entries_[parent_at].scope;
    for (std::size_t slot = slot_of(scope, key); table_[slot] != 0; slot = next(slot)) {
      const Entry& known = form_.entries_[table_[slot]];
      if (known.parent_scope == scope && known.key == key) return table_[slot];
    }
    return 0;
  }

  void remember(std::uint32_t at) {
    if (form_.entries_.size() * 2 > table_.size()) return make_table(table_.size() * 4);
    std::size_t slot = slot_of(form_.entries_[at].parent_scope, form_.entries_[at].key);
    while (table_[slot] != 0) slot = next(slot);
    table_[slot] = at;
  }

  void make_table(std::size_t size) {
    table_.assign(std::bit_ceil(size), 0);
    for (std::uint32_t at = 1; at < form_.entries_.size(); ++at) remember(at);
  }

  [[nodiscard]] std::size_t slot_of(std::uint32_t scope, std::string_view key) const {
    return hash_of(scope, key) & (table_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t slot) const { return (slot + 1) & (table_.size() - 1); }

  // Old portals send windows-1251 and say so nowhere (bitrix24.md §3.1); PHP cuts UTF-8 inside a character. The texts
  // of the whole body decide, read as UTF-8:
  //   more characters than stray bytes, or nothing worse than a character cut at the end of a text: UTF-8, and what is
  //     broken is dropped;
  //   else windows-1251, whose capitals before a quote or a "№" look like characters now and then;
  //   else, when some text is whole and Russian and the stray bytes are not four times as many as characters, or a byte
  //     is none of windows-1251: a body with both is broken, and guessing would print a wrong name.
  [[nodiscard]] std::optional<Charset> charset() const {
    const bool only_cut = stray_ == 0 && (characters_ > 0 || !cut_in_doubt_);
    if (only_cut || characters_ > stray_) return Charset::utf8;
    const bool both = cyrillic_seen_ && stray_ < 4 * characters_;
    if (both || not_cp1251_) return std::nullopt;
    return Charset::windows_1251;
  }

  Result<void> settle_charset() {
    if (broken_text_.empty()) return {};
    const auto known = charset();
    if (!known) return fail(kFormCharset, "Текст в неизвестной кодировке: " + broken_text_ + ".");
    form_.charset_ = *known;
    for (Entry& entry : form_.entries_) {
      if (entry.role == Role::bytes || ascii::is_ascii(entry.value)) continue;
      if (*known == Charset::windows_1251) {
        entry.value = form_.made_texts_.emplace_front(fiscal::from_windows_1251(entry.value));
      } else if (!fiscal::is_utf8(entry.value)) {
        constexpr std::string_view kReplacement = "\uFFFD";
        entry.value = form_.made_texts_.emplace_front(
            fiscal::repaired_utf8(entry.value, entry.role == Role::word ? kReplacement : std::string_view()));
      }
    }
    return {};
  }

  const std::string_view body_;
  const FormLimits& limits_;
  Form form_;
  char* write_ = nullptr;
  std::size_t pairs_ = 0;
  std::string_view key_;              // of the pair being read
  std::vector<std::uint32_t> table_;  // open addressing; 0 = free; empty until some node has many children
  std::uint32_t last_scope_ = 0;
  // The nodes of the pair before: its siblings share most of them.
  std::array<std::uint32_t, FormPath::kMaxSegments> trail_{};
  std::string broken_text_;     // where the first text stands that is not UTF-8
  std::size_t characters_ = 0;  // of all texts, as UTF-8
  std::size_t stray_ = 0;
  bool cyrillic_seen_ = false;  // in a text that is well-formed
  bool cut_in_doubt_ = false;
  bool not_cp1251_ = false;
};

Result<Form> Form::parse(std::string_view body, const FormLimits& limits) { return Parser(body, limits).run(); }

}  // namespace kassaflow::bitrix24

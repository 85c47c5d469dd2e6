#pragma once
// A PRINT_URL body: application/x-www-form-urlencoded with PHP's bracket nesting (protocols/bitrix24.md §3.3), as a
// tree.
//
// Only what the gateway reads is kept. Any other key, at any level, is ignored whatever it holds: bytes of any charset,
// any depth, index or length (§5.8). One decoded copy of the body, one flat array of nodes; keys and values are views
// into them and live as long as the Form. Time and memory are linear in the body, whatever it holds. Pure; a parsed
// Form never changes.
//
//   auto form = Form::parse(body);
//   for (Form::Node line : form->root()["items"]) use(line["name"].value());

#include <cstdint>
#include <forward_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/base/result.hpp"

namespace kassaflow::bitrix24 {

struct FormLimits {
  std::size_t body_bytes = 4 * 1024 * 1024;
  std::size_t pairs = 50'000;  // ignored ones count too
  // Of what is read:
  std::size_t nodes = 100'000;
  std::size_t depth = 8;
  std::size_t index = 10'000;  // of items, payments, a supplier's phones and cashbox_params
  std::size_t key_bytes = 512;
};

inline constexpr ErrorKind kFormTooLarge{"form.too_large"};
inline constexpr ErrorKind kFormPairs{"form.pairs"};
inline constexpr ErrorKind kFormKey{"form.key"};
inline constexpr ErrorKind kFormDepth{"form.depth"};
inline constexpr ErrorKind kFormIndex{"form.index"};
inline constexpr ErrorKind kFormEncoding{"form.encoding"};
inline constexpr ErrorKind kFormNul{"form.nul"};
inline constexpr ErrorKind kFormNodes{"form.nodes"};
inline constexpr ErrorKind kFormCharset{"form.charset"};

enum class Charset : std::uint8_t { utf8, windows_1251 };

class Form {
  struct Entry;

 public:
  class Iterator;

  // A place in the tree. An absent place is a Node too: it has no value, no children, and is false.
  class Node {
   public:
    Node() = default;
    explicit operator bool() const { return form_ != nullptr; }
    [[nodiscard]] std::string_view key() const;
    [[nodiscard]] std::string_view value() const;  // empty for lists and absent nodes
    [[nodiscard]] bool is_list() const;
    [[nodiscard]] Node operator[](std::string_view key) const;  // linear in the children
    [[nodiscard]] Iterator begin() const;                       // children, in the order PHP would keep them
    [[nodiscard]] Iterator end() const;

   private:
    friend class Form;
    friend class Iterator;
    Node(const Form* form, std::uint32_t at) : form_(form), at_(at) {}
    const Form* form_ = nullptr;
    std::uint32_t at_ = 0;
  };

  class Iterator {
   public:
    using value_type = Node;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    Node operator*() const { return {form_, at_}; }
    Iterator& operator++();
    Iterator operator++(int);
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    friend class Node;
    Iterator(const Form* form, std::uint32_t at) : form_(form), at_(at) {}
    const Form* form_ = nullptr;
    std::uint32_t at_ = 0;  // 0 = past the last: the root is nobody's child
  };

  // Fails with one of the above and a Russian text that names the pair and its key. A key that cannot be decoded could
  // be any, so it is refused. Repeated keys as PHP has them: the last scalar wins, `[]` appends, a list replaces a
  // scalar and the other way round. Texts are UTF-8 afterwards, also from portals that send windows-1251 or cut a
  // character; everything else (marking codes) keeps its bytes.
  [[nodiscard]] static Result<Form> parse(std::string_view body, const FormLimits& limits = {});

  Form(Form&&) noexcept;
  Form& operator=(Form&&) noexcept;
  ~Form();

  [[nodiscard]] Node root() const { return {this, 0}; }
  [[nodiscard]] Charset charset() const { return charset_; }

 private:
  class Parser;
  Form();

  std::unique_ptr<char[]> decoded_;
  std::forward_list<std::string> made_texts_;  // transcoded values, numbers given to `[]`
  std::vector<Entry> entries_;                 // [0] is the root
  Charset charset_ = Charset::utf8;
};

}  // namespace kassaflow::bitrix24

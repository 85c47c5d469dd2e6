#include "kassaflow/documents/words.hpp"

#include <google/protobuf/descriptor.h>

#include <vector>

#include "kassaflow/v1/options.pb.h"

namespace kassaflow::documents {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

std::string_view word_of(const EnumDescriptor& type, int value) {
  const EnumValueDescriptor* known = type.FindValueByNumber(value);
  if (known == nullptr || !known->options().HasExtension(v1::word)) return "unknown";
  return known->options().GetExtension(v1::word);
}

std::optional<int> value_of(const EnumDescriptor& type, std::string_view word) {
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& value = *type.value(i);
    if (value.options().HasExtension(v1::word) && value.options().GetExtension(v1::word) == word) return value.number();
  }
  return std::nullopt;
}

std::string words_of(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i) {
    if (!type.value(i)->options().HasExtension(v1::word)) continue;
    const std::string& word = type.value(i)->options().GetExtension(v1::word);
    const bool is_number = !word.empty() && word.front() >= '0' && word.front() <= '9';
    words.push_back(is_number ? "\"" + word + "\"" : word);
  }
  return alternatives(words);
}

std::string alternatives(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace kassaflow::documents

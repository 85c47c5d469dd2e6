#include "form_path.hpp"

#include <algorithm>
#include <charconv>

namespace kassaflow::bitrix24 {

namespace {

bool contains(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Role bytes_if(bool known) { return known ? Role::bytes : Role::ignored; }

// items[n][key], items[n][supplier_info][key] and items[n][supplier_info][phones][m].
Role role_in_item(const FormPath& path) {
  const auto& segment = path.segment;
  if (path.size <= 2) return Role::bytes;
  if (path.size == 3) return segment[2] == "name" ? Role::text : bytes_if(contains(kItem, segment[2]));
  if (segment[2] != "supplier_info") return Role::ignored;
  if (path.size == 4) return segment[3] == "name" ? Role::text : bytes_if(contains(kSupplier, segment[3]));
  return bytes_if(path.size == 5 && segment[3] == "phones");
}

}  // namespace

FormPath split_key(std::string_view key, std::size_t depth_limit) {
  FormPath path;
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
    if (path.size == std::min(depth_limit, FormPath::kMaxSegments)) {
      path.too_deep = true;
      return path;
    }
    path.segment[path.size++] = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  return path;
}

Role role_of(const FormPath& path) {
  const std::string_view top = path.segment[0];
  if (top == "items") return role_in_item(path);
  if (top == "payments") return bytes_if(path.size <= 2 || (path.size == 3 && contains(kPayment, path.segment[2])));
  if (top == "cashbox_params") return Role::word;
  if (path.size != 1) return Role::ignored;
  if (contains(kTopTexts, top)) return Role::text;
  return contains(kTopWords, top) ? Role::word : Role::ignored;
}

std::int64_t as_index(std::string_view key) {
  if (key.empty() || key.size() > 18 || (key[0] == '0' && key.size() > 1)) return -1;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  return error == std::errc() && end == key.data() + key.size() && key[0] != '-' ? number : -1;
}

}  // namespace kassaflow::bitrix24

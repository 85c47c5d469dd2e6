#pragma once
// What a Form is made of.

#include <cstdint>
#include <string_view>

#include "form_path.hpp"
#include "kassaflow/bitrix24/form.hpp"

namespace kassaflow::bitrix24 {

struct Form::Entry {
  std::string_view key = {};
  std::string_view value = {};
  std::uint32_t first_child = 0;
  std::uint32_t last_child = 0;
  std::uint32_t next = 0;
  std::uint32_t scope = 0;         // of its children; a new one when a scalar has thrown them away
  std::uint32_t parent_scope = 0;  // the scope it was made in
  std::uint32_t next_index = 0;    // what `[]` gets
  bool list = false;
  Role role = Role::bytes;
};

}  // namespace kassaflow::bitrix24

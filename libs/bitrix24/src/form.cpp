#include "kassaflow/bitrix24/form.hpp"

#include "form_tree.hpp"

namespace kassaflow::bitrix24 {

Form::Form() = default;
Form::Form(Form&&) noexcept = default;
Form& Form::operator=(Form&&) noexcept = default;
Form::~Form() = default;

std::string_view Form::Node::key() const { return form_ == nullptr ? std::string_view() : form_->entries_[at_].key; }

std::string_view Form::Node::value() const {
  return form_ == nullptr ? std::string_view() : form_->entries_[at_].value;
}

bool Form::Node::is_list() const { return form_ != nullptr && form_->entries_[at_].list; }

Form::Node Form::Node::operator[](std::string_view key) const {
  for (const Node child : *this) {
    if (child.key() == key) return child;
  }
  return {};
}

Form::Iterator Form::Node::begin() const { return {form_, form_ == nullptr ? 0 : form_->entries_[at_].first_child}; }

Form::Iterator Form::Node::end() const { return {form_, 0}; }

Form::Iterator& Form::Iterator::operator++() {
  at_ = form_->entries_[at_].next;
  return *this;
}

Form::Iterator Form::Iterator::operator++(int) {
  const Iterator before = *this;
  ++*this;
  return before;
}

}  // namespace kassaflow::bitrix24

#include "kassaflow/configuration/identity.hpp"

#include <gtest/gtest.h>

#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::configuration {
namespace {

TEST(RegisterIdentity, IsThePhysicalDevice) {
  v1::Register itkassa;
  itkassa.mutable_itkassa()->set_cre_item_id("AAAAAAAA-2222-3333-4444-555555555555");
  EXPECT_EQ(register_identity(itkassa), "itkassa:aaaaaaaa-2222-3333-4444-555555555555");

  v1::Register bit;
  bit.mutable_bit()->set_kkt_token("0123456789abcdef0123456789abcdef");
  const std::string by_token = register_identity(bit);
  EXPECT_EQ(by_token.find("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(by_token, register_identity(bit));
  bit.set_registration_number("0000000001047487");
  EXPECT_EQ(register_identity(bit), "bit:0000000001047487");
}

}  // namespace
}  // namespace kassaflow::configuration

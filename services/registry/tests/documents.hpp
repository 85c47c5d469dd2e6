#pragma once
// The documents of design.md 3.4, for tests to change.

#include <google/protobuf/unknown_field_set.h>

#include <string>
#include <vector>

#include "kassaflow/documents/documents.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::registry::test {

inline v1::Document tenant(const std::string& id = "acme") {
  v1::Document document = documents::make_document("tenant");
  document.mutable_tenant()->set_id(id);
  document.mutable_tenant()->set_name("ООО «Акме»");
  return document;
}

inline v1::Document pool(const std::string& id = "acme-shop", const std::string& tenant = "acme") {
  v1::Document document = documents::make_document("pool");
  v1::Pool& pool = *document.mutable_pool();
  pool.set_id(id);
  pool.set_tenant(tenant);
  pool.set_inn("7701234567");
  pool.set_taxation(v1::TAXATION_OSN);
  pool.set_ffd(v1::FFD_1_05);
  pool.set_payment_address("https://shop.example.ru");
  pool.set_timezone("Europe/Moscow");
  pool.mutable_cashier()->set_name("Иванова А.А.");
  return document;
}

inline v1::Document itkassa(const std::string& id = "acme-kkt-1", const std::string& pool = "acme-shop",
                            const std::string& item = "11111111-2222-3333-4444-555555555555") {
  v1::Document document = documents::make_document("register");
  v1::Register& entry = *document.mutable_register_();
  entry.set_id(id);
  entry.set_pool(pool);
  entry.set_endpoint("https://qapi.itkassa.ru/open/api/v1");
  entry.mutable_itkassa()->set_cre_item_id(item);
  entry.mutable_itkassa()->set_api_key("itkassa-api-key");
  entry.mutable_itkassa()->set_callback_key("callbackkey0");
  return document;
}

inline v1::Document bit(const std::string& id = "acme-kkt-2", const std::string& pool = "acme-shop",
                        const std::string& number = "0000000001047487",
                        const std::string& token = "0123456789abcdef0123456789abcdef") {
  v1::Document document = documents::make_document("register");
  v1::Register& entry = *document.mutable_register_();
  entry.set_id(id);
  entry.set_pool(pool);
  entry.set_endpoint("http://203.0.113.10:44736");
  entry.set_registration_number(number);
  entry.mutable_bit()->set_kkt_token(token);
  entry.mutable_bit()->set_deduplication(v1::DEDUPLICATION_ASSUMED_NONE);
  return document;
}

inline v1::Document virtual_register(const std::string& id = "acme-trial", const std::string& pool = "acme-trials") {
  v1::Document document = documents::make_document("register");
  v1::Register& entry = *document.mutable_register_();
  entry.set_id(id);
  entry.set_pool(pool);
  entry.mutable_virtual_();
  entry.set_test(true);
  return document;
}

inline v1::Document installation(const std::string& id = "acme-main", const std::string& tenant = "acme",
                                 const std::string& secret = "9f3c1e0d5a7b4e2f8c6d1b3a9e5f7c20") {
  v1::Document document = documents::make_document("installation");
  v1::Installation& entry = *document.mutable_installation();
  entry.set_id(id);
  entry.set_tenant(tenant);
  entry.set_secret(secret);
  entry.set_portal_webhook("https://b24-demo.bitrix24.ru/rest/1/webhook-code/");
  (*entry.mutable_vat())[2] = "10";
  return document;
}

inline v1::Document cashbox(const std::string& id = "acme-box-1", const std::string& installation = "acme-main",
                            const std::string& number = "box-1", const std::string& pool = "acme-shop") {
  v1::Document document = documents::make_document("cashbox");
  v1::Cashbox& entry = *document.mutable_cashbox();
  entry.set_id(id);
  entry.set_installation(installation);
  entry.set_number(number);
  entry.set_pool(pool);
  (*entry.mutable_required_params())["AUTH.PASSWORD"] = "rest-password";
  return document;
}

// As a program of another version would set it.
inline void add_unknown_field(google::protobuf::Message& message, int number, const std::string& value) {
  message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(number, value);
}

inline std::vector<v1::Document> everything() {
  return {tenant(), pool(), itkassa(), bit(), installation(), cashbox()};
}

}  // namespace kassaflow::registry::test

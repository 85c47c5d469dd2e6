#include "kassaflow/rpc/access.hpp"

#include <gtest/gtest.h>

#include <set>

#include "kassaflow/documents/words.hpp"
#include "kassaflow/v1/fiscalizer.pb.h"
#include "kassaflow/v1/registry.pb.h"
#include "kassaflow/v1/status.pb.h"

namespace kassaflow::rpc {
namespace {

// Every method with everybody who may call it: written here once more, so that a mark is not changed by accident.
const std::map<std::string, std::set<std::string>> kMayCall = {
    {"/kassaflow.v1.Registry/Apply", {"operator", "service", "tenant-admin"}},
    {"/kassaflow.v1.Registry/Get", {"operator", "service", "tenant-admin", "tenant-viewer"}},
    {"/kassaflow.v1.Registry/List", {"operator", "service", "tenant-admin", "tenant-viewer"}},
    {"/kassaflow.v1.Registry/Delete", {"operator", "service", "tenant-admin"}},
    {"/kassaflow.v1.Registry/ListAudit", {"operator"}},
    {"/kassaflow.v1.Registry/Watch", {"ingress*", "fiscalizer*", "status*"}},
    {"/kassaflow.v1.Fiscalizer/Resolve", {"operator", "tenant-admin"}},
    {"/kassaflow.v1.Fiscalizer/Retry", {"operator", "tenant-admin"}},
    {"/kassaflow.v1.Fiscalizer/Fail", {"operator", "tenant-admin"}},
    {"/kassaflow.v1.Fiscalizer/Erase", {"operator", "tenant-admin"}},
    {"/kassaflow.v1.Fiscalizer/Hold", {"operator", "tenant-admin"}},
    {"/kassaflow.v1.Fiscalizer/BindStorage", {"operator"}},
    {"/kassaflow.v1.Fiscalizer/Unbook", {"operator"}},
    {"/kassaflow.v1.Fiscalizer/ListAudit", {"operator"}},
    {"/kassaflow.v1.Fiscalizer/ListSetAside", {"operator"}},
    {"/kassaflow.v1.Fiscalizer/Unsettled", {"registry*"}},
    {"/kassaflow.v1.Fiscalizer/ListRegisters", {"operator", "service", "tenant-admin", "tenant-viewer"}},
    {"/kassaflow.v1.Status/Get", {"operator", "service", "tenant-admin", "tenant-viewer"}},
    {"/kassaflow.v1.Status/List", {"operator", "service", "tenant-admin", "tenant-viewer"}},
    {"/kassaflow.v1.Status/ListSetAside", {"operator"}},
    {"/kassaflow.v1.Status/WithholdError", {"fiscalizer*"}},
};

// By word: scopes of tokens, and services with a star.
std::map<std::string, Caller> callers() {
  std::map<std::string, Caller> all;
  const auto* scopes = v1::Scope_descriptor();
  for (int i = 0; i < scopes->value_count(); ++i) {
    const auto scope = static_cast<v1::Scope>(scopes->value(i)->number());
    all[std::string(documents::word_of(scope))].token = Token{"anna", scope, {}, {}};
  }
  const auto* services = v1::Service_descriptor();
  for (int i = 0; i < services->value_count(); ++i) {
    const auto service = static_cast<v1::Service>(services->value(i)->number());
    all[std::string(documents::word_of(service)) + "*"].service = service;
  }
  return all;
}

TEST(AccessTest, EveryMethodIsForThoseItsMarkNames) {
  std::size_t methods = 0;
  for (const auto* file : {v1::Document::descriptor()->file(), v1::ResolveRequest::descriptor()->file(),
                           v1::ReceiptView::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m, ++methods) {
        const std::string method = "/" + service->full_name() + "/" + service->method(m)->name();
        ASSERT_TRUE(kMayCall.contains(method)) << method << " stands in no table";
        for (const auto& [word, caller] : callers())
          EXPECT_EQ(may_call(caller, method), kMayCall.at(method).contains(word)) << word << " " << method;
      }
    }
  }
  EXPECT_EQ(methods, kMayCall.size());
}

TEST(AccessTest, WhatNobodyHasMarkedNobodyMayCall) {
  for (const auto& [word, caller] : callers()) {
    for (const auto* method : {"", "/", "/kassaflow.v1.Registry/Unheard", "/grpc.health.v1.Health/Check"})
      EXPECT_FALSE(may_call(caller, method)) << word << " " << method;
  }
}

TEST(AccessTest, ATenantsTokenSeesThatTenant) {
  const Caller anna{{}, Token{"anna", v1::SCOPE_TENANT_ADMIN, TenantId("acme"), {}}, {}};
  EXPECT_TRUE(anna.may_see(TenantId("acme")));
  EXPECT_FALSE(anna.may_see(TenantId("umbrella")));
  EXPECT_FALSE(anna.may_see(TenantId()));
  EXPECT_TRUE((Caller{{}, Token{"oleg", v1::SCOPE_OPERATOR, {}, {}}, {}}.may_see(TenantId("acme"))));
}

}  // namespace
}  // namespace kassaflow::rpc

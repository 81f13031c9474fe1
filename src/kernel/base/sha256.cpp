#include "kernel/base/sha256.h"

#include <openssl/evp.h>

#include "kernel/base/check.h"

namespace sj {

struct Hasher::State {
  EVP_MD* algorithm = nullptr;
  EVP_MD_CTX* context = nullptr;
};

// Fetched once: looking an algorithm up by name costs more than a short hash.
Hasher::Hasher() : state_(std::make_unique<State>()) {
  state_->algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  state_->context = EVP_MD_CTX_new();
  SJ_CHECK(state_->algorithm != nullptr);
  SJ_CHECK(state_->context != nullptr);
  SJ_CHECK(EVP_DigestInit_ex2(state_->context, state_->algorithm, nullptr) == 1);
}

Hasher::~Hasher() {
  EVP_MD_CTX_free(state_->context);
  EVP_MD_free(state_->algorithm);
}

Sha256 Hasher::hash(std::initializer_list<std::string_view> parts) {
  SJ_CHECK(EVP_DigestInit_ex2(state_->context, nullptr, nullptr) == 1);
  for (const std::string_view part : parts) {
    SJ_CHECK(EVP_DigestUpdate(state_->context, part.data(), part.size()) == 1);
  }
  Sha256 hash{};
  SJ_CHECK(EVP_DigestFinal_ex(state_->context, hash.data(), nullptr) == 1);
  return hash;
}

}  // namespace sj

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

#include <malloc.h>

namespace sj::bench {

/// CPU seconds of this process, all threads.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A field of /proc/self/status in MiB, such as VmRSS or VmHWM; 0 where there is no such file.
inline double memory_mib(const char* field) {
  double kib = 0;
  if (std::FILE* file = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, file) != nullptr) {
      if (std::strncmp(line, field, std::strlen(field)) == 0) {
        std::sscanf(line + std::strlen(field) + 1, "%lf", &kib);
      }
    }
    std::fclose(file);
  }
  return kib / 1024;
}

struct Cost {
  double wall = 0;      // seconds
  double cpu = 0;       // seconds, all threads
  double peak_mib = 0;  // most memory above what was in use before
};

/// Runs `work` once. Memory is the kernel's high-water mark, set back before.
template <class Work>
Cost measure(Work work) {
  malloc_trim(0);
  if (std::FILE* file = std::fopen("/proc/self/clear_refs", "w")) {
    std::fputs("5", file);
    std::fclose(file);
  }
  const double before = memory_mib("VmRSS");
  const auto wall = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  work();
  Cost cost;
  cost.cpu = cpu_seconds() - cpu;
  cost.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
  cost.peak_mib = memory_mib("VmHWM") - before;
  return cost;
}

inline double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const std::size_t half = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

}  // namespace sj::bench

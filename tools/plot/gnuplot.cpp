// SPDX-License-Identifier: MIT
#include <spawn.h>
#include <sys/wait.h>
#include <tools/plot/plot.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

extern char** environ;

namespace wengert {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// A file without a name; unlike a pipe it cannot fill up and make both sides wait.
File scratch_file() {
  File file(std::tmpfile(), &std::fclose);
  if (!file) throw PlotError(std::string("plot: no scratch file (") + std::strerror(errno) + ")");
  return file;
}

std::string content(std::FILE* file) {
  std::string text;
  char piece[4096];
  std::rewind(file);
  for (std::size_t n = 0; (n = std::fread(piece, 1, sizeof piece, file)) > 0;) text.append(piece, n);
  return text;
}

struct SpawnActions {
  SpawnActions() { posix_spawn_file_actions_init(&actions); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t actions;
};

}  // namespace

std::string run_gnuplot(const std::string& script) {
  const File in = scratch_file(), out = scratch_file(), complaints = scratch_file();
  if (std::fwrite(script.data(), 1, script.size(), in.get()) != script.size() || std::fflush(in.get()) != 0)
    throw PlotError("plot: the scratch file cannot be written");
  std::rewind(in.get());
  SpawnActions files;
  posix_spawn_file_actions_adddup2(&files.actions, fileno(in.get()), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files.actions, fileno(out.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files.actions, fileno(complaints.get()), STDERR_FILENO);

  std::string name = "gnuplot";
  char* arguments[] = {name.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "gnuplot", &files.actions, nullptr, arguments, environ);
  if (failed == ENOENT)
    throw PlotError("plot: gnuplot is not installed, which plots need (install gnuplot-nox)");
  if (failed != 0)
    throw PlotError(std::string("plot: gnuplot cannot be run (") + std::strerror(failed) + ")");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::string said = content(complaints.get());
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw PlotError("plot: gnuplot failed: " + (said.empty() ? "no reason given" : said));
  std::string svg = content(out.get());
  if (svg.find("</svg>") == std::string::npos)
    throw PlotError("plot: gnuplot drew nothing: " + (said.empty() ? "no reason given" : said));
  return svg;
}

}  // namespace wengert

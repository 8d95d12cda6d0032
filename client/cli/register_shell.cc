// What the shell and man(1) know of objcli: made from the commands themselves, so that it cannot say something else.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "client/cli/registration.h"

namespace objstore::cli {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> out;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) out.push_back(command);
  }
  return out;
}

std::vector<std::string> flags_of(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const auto& name : option.get_snames()) out.push_back("-" + name);
  for (const auto& name : option.get_lnames()) out.push_back("--" + name);
  return out;
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->nonpositional(); });
}

std::string words_of(const CLI::App& app) {
  std::string out;
  for (const auto* command : commands_of(app)) out += command->get_name() + " ";
  for (const auto* option : options_of(app)) {
    for (const auto& flag : flags_of(*option)) out += flag + " ";
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

// --- completion

// A function that looks which commands stand on the line, and offers their words and the files here.
std::string bash_script(const CLI::App& app) {
  std::string out = R"(# bash completion for objcli; in ~/.bashrc: source <(objcli completion bash)
_objcli() {
  local word=${COMP_WORDS[COMP_CWORD]} path= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path:${COMP_WORDS[i]}" in
)";
  std::string words = "  case \"$path\" in\n    \"\") words=\"" + words_of(app) + "\" ;;\n";
  for (const auto* command : commands_of(app)) {
    const std::string& name = command->get_name();
    out += "      :" + name + ") path=" + name + " ;;\n";
    words += "    " + name + ") words=\"" + words_of(*command) + "\" ;;\n";
    for (const auto* inner : commands_of(*command)) {
      const std::string path = name + "/" + inner->get_name();
      out += "      " + name + ":" + inner->get_name() + ") path=" + path + " ;;\n";
      words += "    " + path + ") words=\"" + words_of(*inner) + "\" ;;\n";
    }
  }
  out += "    esac\n  done\n  local words=\n" + words + "  esac\n";
  out += "  [[ $word == -* && -n $path ]] && words+=\" " + words_of(app) + "\"\n";
  return out + R"(  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -o bashdefault -F _objcli objcli
)";
}

std::string quoted_for_fish(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("'\\", at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return "'" + text + "'";
}

void add_fish_options(std::string& out, const CLI::App& app, const std::string& condition) {
  for (const auto* option : options_of(app)) {
    out += "complete -c objcli" + condition;
    for (const auto& name : option->get_snames()) out += " -s " + name;
    for (const auto& name : option->get_lnames()) out += " -l " + name;
    if (option->get_items_expected_max() > 0) out += " -r";
    out += " -d " + quoted_for_fish(option->get_description()) + "\n";
  }
}

std::string fish_script(const CLI::App& app) {
  std::string out = "# fish completion for objcli; objcli completion fish > ~/.config/fish/completions/objcli.fish\n";
  add_fish_options(out, app, "");
  for (const auto* command : commands_of(app)) {
    const std::string& name = command->get_name();
    out += "complete -c objcli -n __fish_use_subcommand -a " + name + " -d " +
           quoted_for_fish(command->get_description()) + "\n";
    const std::string seen = " -n '__fish_seen_subcommand_from " + name + "'";
    add_fish_options(out, *command, seen);
    for (const auto* inner : commands_of(*command)) {
      out += "complete -c objcli" + seen + " -a " + inner->get_name() + " -d " +
             quoted_for_fish(inner->get_description()) + "\n";
    }
  }
  return out;
}

// zsh runs bash's completion functions.
std::string zsh_script(const CLI::App& app) {
  return "# zsh completion for objcli; in ~/.zshrc: source <(objcli completion zsh)\n"
         "autoload -Uz compinit bashcompinit\n(( $+functions[compdef] )) || compinit\nbashcompinit\n" +
         bash_script(app);
}

// --- the man page

// Text as roff wants it: no line begins with a request, and '-' stays a minus sign that can be copied.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool line_start = out.empty() || out.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
  }
  return out;
}

void add_man_options(std::string& out, const CLI::App& app) {
  for (const auto* option : app.get_options()) {
    out += ".TP\n";
    if (option->nonpositional()) {
      std::string flags;
      for (const auto& flag : flags_of(*option)) flags += (flags.empty() ? "\\fB" : ", \\fB") + roff(flag) + "\\fR";
      if (option->get_items_expected_max() > 0) flags += " \\fI" + roff(option->get_type_name()) + "\\fR";
      out += flags + "\n";
    } else {
      out += "\\fI" + roff(option->get_name(true)) + "\\fR\n";
    }
    out += roff(option->get_description()) + "\n";
  }
}

std::string synopsis_of(const CLI::App& command, const std::string& path) {
  std::string out = "\\fBobjcli " + roff(path) + "\\fR [\\fIoptions\\fR]";
  for (const auto* option : command.get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    const std::string name = "\\fI" + roff(option->get_name(true)) + "\\fR";
    const bool several = option->get_items_expected_max() > 1;
    out += " " + (option->get_required() ? name : "[" + name + "]") + (several ? "..." : "");
  }
  return out;
}

void add_man_command(std::string& out, const CLI::App& command, const std::string& path) {
  const auto inner = commands_of(command);
  if (inner.empty() || path == "config") {
    out +=
        ".SS " + roff(path) + "\n" + synopsis_of(command, path) + "\n.PP\n" + roff(command.get_description()) + ".\n";
    add_man_options(out, command);
    out += ".PP\n.nf\n" + roff(command.get_footer()) + "\n.fi\n";
  }
  for (const auto* one : inner) add_man_command(out, *one, path + " " + one->get_name());
}

std::string man_page(const CLI::App& app) {
  std::string out = ".TH OBJCLI 1 \"\" \"objcli " OBJSTORE_VERSION "\" \"User Commands\"\n.SH NAME\n";
  out += "objcli \\- an object store on the command line\n.SH SYNOPSIS\n";
  out += "\\fBobjcli\\fR [\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n.SH DESCRIPTION\n";
  out += "Works with objd and with other servers that speak S3.\n.PP\n.nf\n" + roff(app.get_footer()) + "\n.fi\n";
  out += ".SH OPTIONS\nThey may stand before the command and behind it.\n";
  add_man_options(out, app);
  out += ".SH COMMANDS\n";
  for (const auto* command : commands_of(app)) add_man_command(out, *command, command->get_name());
  out += ".SH FILES\n.TP\n\\fI~/.aws/credentials\\fR, \\fI~/.aws/config\\fR\nProfiles.\n";
  out += ".TP\n\\fI$XDG_STATE_HOME/objcli/uploads\\fR (\\fI~/.local/state/objcli/uploads\\fR)\n";
  out += "What is needed to go on with uploads that were interrupted; may be removed.\n";
  return out + ".SH SEE ALSO\n\\fBobjd\\fR(1)\n";
}

using Script = std::string (*)(const CLI::App&);

void print_later(Registry& registry, CLI::App* command, Script script) {
  command->callback([&registry, script] {
    registry.offline = [&registry, script] {
      std::fputs(script(registry.app).c_str(), stdout);
      return std::fflush(stdout) == 0 ? kExitOk : kExitPartial;
    };
  });
}

}  // namespace

void register_shell(Registry& registry) {
  CLI::App* completion = registry.app.add_subcommand("completion", "Print a completion script for a shell");
  completion->require_subcommand(1);
  completion->footer(
      "Examples:\n  objcli completion bash > /etc/bash_completion.d/objcli\n  source <(objcli completion zsh)\n"
      "  objcli completion fish > ~/.config/fish/completions/objcli.fish");
  const auto add_shell = [&](const std::string& name, Script script) {
    CLI::App* shell = completion->add_subcommand(name, "For " + name);
    shell->footer("Examples:\n  objcli completion " + name);
    print_later(registry, shell, script);
  };
  add_shell("bash", bash_script);
  add_shell("zsh", zsh_script);
  add_shell("fish", fish_script);
  // For the build; an empty group is shown nowhere.
  print_later(registry, registry.app.add_subcommand("man-page", "Print the man page")->group(""), man_page);
}

}  // namespace objstore::cli

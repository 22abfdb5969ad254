/* partie: makes services, and speaks to running ones. */
#include "command.h"

static const pt_command commands[] = {
    {"new", "make a service, or bring one up to date with its contract", pt_command_new},
    {"call", "call an rpc of a running service, request and reply as JSON", pt_command_call},
    {"list", "list the services and rpcs of a running service", pt_command_list},
    {"describe", "show a service, rpc, message or enum of a running service as in its contract", pt_command_describe},
    {"health", "ask a running service whether it serves", pt_command_health},
};

static const char epilog[] = "\nExamples:\n"
                             "  partie new service order-log\n"
                             "  partie list tcp://127.0.0.1:9101\n"
                             "  partie call tcp://127.0.0.1:9101 GetLogStatus '{}'\n";

int main(int argc, char **argv) {
    return pt_command_choose("partie", "makes services from contracts, and speaks to running ones", epilog, commands,
                             sizeof commands / sizeof *commands, argc, argv);
}

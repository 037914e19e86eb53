/*
 * A fake wsl.exe for a Windows JVM under Wine. Wine can start Linux programs, but without pipes and
 * exit codes: this program listens on loopback, and a shell script connects the streams to it.
 */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static void fail(const char *what) {
  fprintf(stderr, "wsl.exe stand-in: %s\n", what);
  ExitProcess(255);
}

static DWORD WINAPI feed(LPVOID argument) {
  SOCKET to = (SOCKET)argument;
  HANDLE from = GetStdHandle(STD_INPUT_HANDLE);
  char buffer[65536];
  DWORD count;
  while (ReadFile(from, buffer, sizeof buffer, &count, NULL) && count > 0) {
    DWORD done = 0;
    while (done < count) {
      int sent = send(to, buffer + done, (int)(count - done), 0);
      if (sent <= 0) return 1;
      done += sent;
    }
  }
  shutdown(to, SD_SEND);
  return 0;
}

static void drain(SOCKET from, DWORD number) {
  HANDLE to = GetStdHandle(number);
  char buffer[65536];
  int count;
  while ((count = recv(from, buffer, sizeof buffer, 0)) > 0) {
    DWORD done = 0, written;
    while (done < (DWORD)count) {
      if (!WriteFile(to, buffer + done, count - done, &written, NULL)) return;
      done += written;
    }
  }
}

static DWORD WINAPI errors(LPVOID argument) {
  drain((SOCKET)argument, STD_ERROR_HANDLE);
  return 0;
}

/* Returns the command line after the program's name. */
static const wchar_t *arguments(void) {
  const wchar_t *line = GetCommandLineW();
  wchar_t end = *line == L'"' ? *line++ : L' ';
  while (*line && *line != end) line++;
  if (*line == L'"') line++;
  return line;
}

int main(void) {
  WSADATA data;
  struct sockaddr_in address = {0};
  int length = sizeof address;
  wchar_t bridge[1024], *line;
  STARTUPINFOW startup = {sizeof startup};
  PROCESS_INFORMATION made;
  SOCKET server, stream, error, status;
  char code[16] = {0};

  if (WSAStartup(MAKEWORD(2, 2), &data)) fail("no sockets");
  server = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 3)) fail("no port");
  getsockname(server, (struct sockaddr *)&address, &length);
  if (!GetEnvironmentVariableW(L"STANDIN_BRIDGE", bridge, 1024)) fail("STANDIN_BRIDGE is not set");
  line = malloc((wcslen(arguments()) + 2048) * sizeof *line);
  swprintf(line, wcslen(arguments()) + 2048, L"bash \"%ls\" %d %ls", bridge, ntohs(address.sin_port), arguments());
  if (!CreateProcessW(L"\\\\?\\unix\\bin\\bash", line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made))
    fail("the bridge does not start");
  stream = accept(server, NULL, NULL);
  error = accept(server, NULL, NULL);
  status = accept(server, NULL, NULL);
  CreateThread(NULL, 0, feed, (LPVOID)stream, 0, NULL);
  HANDLE told = CreateThread(NULL, 0, errors, (LPVOID)error, 0, NULL);
  drain(stream, STD_OUTPUT_HANDLE);
  WaitForSingleObject(told, INFINITE);
  if (recv(status, code, sizeof code - 1, 0) <= 0) fail("no exit code");
  ExitProcess((UINT)atoi(code));
}

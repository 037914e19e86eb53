@echo off
rem Starts Ringfence from this checkout; builds it on first use.
rem An earlier command may have written the current directory: no program of it is run. Without this
rem variable cmd.exe would look there before it looks in PATH.
setlocal DisableDelayedExpansion
set "NoDefaultCurrentDirectoryInExePath=1"
set "HERE=%~dp0"
set "DIST=%HERE%cli\target"
set "JAVA="
if defined JAVA_HOME (
  if not exist "%JAVA_HOME%\bin\java.exe" (
    echo ringfence: JAVA_HOME: there is no java.exe in its bin; use the directory of a JDK 17 or newer 1>&2
    exit /b 125
  )
  call :take "%JAVA_HOME%\bin\java.exe"
) else (
  call :search
)
if not defined JAVA (
  echo ringfence: no java.exe is in JAVA_HOME or PATH outside the current directory; set JAVA_HOME 1>&2
  exit /b 125
)
rem The file exists until a build has ended well: what an interrupted one left cannot be told from a
rem whole one, so the next one begins with nothing.
set "BUILDING=%HERE%.ringfence-building"
set "GOALS="
if not exist "%DIST%\lib\" set "GOALS=package"
if exist "%BUILDING%" set "GOALS=clean package"
if defined GOALS (
  echo ringfence: building from the sources, once; this takes a minute or two 1>&2
  echo building>"%BUILDING%"
  pushd "%HERE%"
  call "%HERE%mvnw.cmd" -q -B -DskipTests -Dmaven.javadoc.skip=true -Dspotless.check.skip=true -pl cli -am %GOALS% 1>&2
  if errorlevel 1 (popd & exit /b 125)
  popd
  del "%BUILDING%"
)
rem What a JVM would act on is the command's alone: it gets these back under their names.
call :rename JDK_JAVA_OPTIONS
call :rename JAVA_TOOL_OPTIONS
call :rename _JAVA_OPTIONS
"%JAVA%" -XX:Flags=NUL -XX:CompileCommandFile=NUL -XX:+DisableAttachMechanism -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xlog:disable -cp "%DIST%\classes;%DIST%\lib\*" org.ringfence.cli.Main %*
exit /b %ERRORLEVEL%

rem Takes a java.exe unless it lies in the current directory or below, where a command may have put it.
:take
if defined JAVA exit /b 0
set "CANDIDATE=%~f1"
set "REST=%CANDIDATE%"
rem Below the root lies everything.
if not "%CD:~-1%"=="\" call set "REST=%%CANDIDATE:%CD%\=%%"
if "%REST%"=="%CANDIDATE%" set "JAVA=%CANDIDATE%"
exit /b 0

:search
set "LEFT=%PATH%"
:next
if not defined LEFT exit /b 0
set "REMAIN="
for /f "tokens=1* delims=;" %%a in ("%LEFT%") do (
  set "REMAIN=%%b"
  call :entry "%%a"
)
set "LEFT=%REMAIN%"
if not defined JAVA goto next
exit /b 0

rem An entry of PATH counts when it is absolute.
:entry
set "ENTRY=%~1"
if not defined ENTRY exit /b 0
if not "%ENTRY:~1,2%"==":\" if not "%ENTRY:~0,2%"=="\\" exit /b 0
if exist "%ENTRY%\java.exe" call :take "%ENTRY%\java.exe"
exit /b 0

:rename
if not defined %1 exit /b 0
call set "RINGFENCE_OUTER_%1=%%%1%%"
set "%1="
exit /b 0

@echo off
rem Starts Ringfence from this checkout; builds it on first use.
setlocal
set "HERE=%~dp0"
set "DIST=%HERE%cli\target"
if defined JAVA_HOME (set "JAVA=%JAVA_HOME%\bin\java.exe") else (set "JAVA=java.exe")
if not exist "%DIST%\lib\" (
  echo ringfence: building, once 1>&2
  pushd "%HERE%"
  call mvnw.cmd -q -B -DskipTests -Dmaven.javadoc.skip=true -Dspotless.check.skip=true -pl cli -am package 1>&2
  if errorlevel 1 (popd & exit /b 125)
  popd
)
"%JAVA%" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xlog:disable -cp "%DIST%\classes;%DIST%\lib\*" org.ringfence.cli.Main %*
exit /b %ERRORLEVEL%

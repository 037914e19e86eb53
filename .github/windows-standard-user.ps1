# Runs a command as a standard user that this script makes and removes. The user reads the checkout and the JDK, and writes to
# $Output alone.
param([string]$Output, [string]$Arguments)
$ErrorActionPreference = 'Stop'
$name = 'ringfence-standard'
$bytes = New-Object byte[] 24
[Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($bytes)
$password = ConvertTo-SecureString ('aA1!' + [Convert]::ToBase64String($bytes)) -AsPlainText -Force
New-LocalUser -Name $name -Password $password -Description 'a test of Ringfence' | Out-Null
try {
  # The group of standard users has another name in other languages, and this SID in all.
  Add-LocalGroupMember -SID 'S-1-5-32-545' -Member $name
  New-Item -ItemType Directory -Force $Output | Out-Null
  $where = (Resolve-Path $Output).Path
  icacls $where /grant "${name}:(OI)(CI)M" | Out-Null
  icacls $PWD.Path /grant "${name}:(OI)(CI)RX" | Out-Null
  # The new user has an environment of its own.
  $script = Join-Path $where 'run.cmd'
  Set-Content $script @(
    '@echo off'
    "set `"JAVA_HOME=$env:JAVA_HOME`""
    "set `"PATH=$env:PATH`""
    "cd /d `"$($PWD.Path)`""
    "call ringfence.cmd $Arguments > `"$where\output.txt`" 2>&1"
    'exit /b %errorlevel%')
  $credential = New-Object Management.Automation.PSCredential($name, $password)
  $process = Start-Process cmd.exe -ArgumentList '/d', '/c', $script -WorkingDirectory $where `
    -Credential $credential -LoadUserProfile -PassThru -Wait
  Get-Content "$where\output.txt"
  $code = $process.ExitCode
} finally {
  icacls $PWD.Path /remove $name | Out-Null
  Get-CimInstance Win32_UserProfile | Where-Object { $_.LocalPath -like "*\$name*" } |
    Remove-CimInstance -ErrorAction SilentlyContinue
  Remove-LocalUser -Name $name
}
exit $code

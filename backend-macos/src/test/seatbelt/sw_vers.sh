#!/bin/sh
# Prints what sw_vers(1) prints.
printf 'ProductName:\t\tmacOS\nProductVersion:\t\t15.5\nBuildVersion:\t\t%s\n' "${BUILD:-24F74}"
